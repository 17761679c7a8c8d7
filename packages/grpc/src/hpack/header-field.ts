/** What a field is for us, found once when it enters a table, not once for each request. */
export const fieldKinds = {
  other: 0,
  method: 1,
  path: 2,
  scheme: 3,
  authority: 4,
  contentType: 5,
  timeout: 6,
  encoding: 7,
  contentLength: 8,
  te: 9,
  /** Makes its request malformed: RFC 9113 §8.2 and §8.3. */
  malformed: 10,
  /** Something that we send and never receive. */
  status: 11,
  acceptEncoding: 12,
  cookie: 13,
  host: 14,
} as const;
export type FieldKind = (typeof fieldKinds)[keyof typeof fieldKinds];

export interface HeaderField {
  readonly name: string;
  /** One character per byte. */
  readonly value: string;
  readonly kind: FieldKind;
  /** As HPACK counts: the bytes of both, and 32 (RFC 7541 §4.1). */
  readonly size: number;
}

const kindOfName: ReadonlyMap<string, FieldKind> = new Map<string, FieldKind>([
  [":method", fieldKinds.method],
  [":path", fieldKinds.path],
  [":scheme", fieldKinds.scheme],
  [":authority", fieldKinds.authority],
  [":status", fieldKinds.malformed],
  ["content-type", fieldKinds.contentType],
  ["grpc-timeout", fieldKinds.timeout],
  ["grpc-encoding", fieldKinds.encoding],
  ["grpc-accept-encoding", fieldKinds.acceptEncoding],
  ["content-length", fieldKinds.contentLength],
  ["te", fieldKinds.te],
  ["host", fieldKinds.host],
  ["cookie", fieldKinds.cookie],
  // They speak of a connection, of which HTTP/2 has its own ways to speak (RFC 9113 §8.2.2).
  ["connection", fieldKinds.malformed],
  ["keep-alive", fieldKinds.malformed],
  ["proxy-connection", fieldKinds.malformed],
  ["transfer-encoding", fieldKinds.malformed],
  ["upgrade", fieldKinds.malformed],
]);

/** RFC 9113 §8.2.1: no upper case, no control characters, no space, no colon but the first; and no byte beyond ASCII. */
const wellFormedName = /^:?[!-9;-@[-~]+$/;
// oxlint-disable-next-line no-control-regex -- these are the characters that a value must not have
const malformedValue = /[\0\r\n]|^[\t ]|[\t ]$/;

export function headerField(name: string, value: string): HeaderField {
  const size = name.length + value.length + 32;
  return { name, value, kind: kindOf(name, value), size };
}

function kindOf(name: string, value: string): FieldKind {
  if (!wellFormedName.test(name) || malformedValue.test(value)) return fieldKinds.malformed;
  const kind = kindOfName.get(name);
  if (kind === undefined) return name.startsWith(":") ? fieldKinds.malformed : fieldKinds.other;
  return kind === fieldKinds.te && value !== "trailers" ? fieldKinds.malformed : kind;
}
