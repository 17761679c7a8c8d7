/**
 * How deep messages within messages are read, for the protobuf library: a transaction within a transaction is two of them. More than
 * what is taken (`maxTxnDepth`), so that what is nested too deep is told so; what is deeper still cannot be read at all, as with Go's
 * library beyond ten thousand.
 */
export const nesting = { recursionLimit: 1000 } as const;
