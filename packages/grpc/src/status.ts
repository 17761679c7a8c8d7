/** The outcome of a call. Numbers and names are gRPC's. */
export const grpcCodes = {
  ok: 0,
  canceled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const;
export type GrpcCode = (typeof grpcCodes)[keyof typeof grpcCodes];

export interface GrpcStatus {
  readonly code: GrpcCode;
  /** For people, and matched word for word by etcd's clients; empty for `ok`. */
  readonly message: string;
}

export const okStatus: GrpcStatus = { code: grpcCodes.ok, message: "" };

const printedNames: readonly string[] = [
  "OK",
  "Canceled",
  "Unknown",
  "InvalidArgument",
  "DeadlineExceeded",
  "NotFound",
  "AlreadyExists",
  "PermissionDenied",
  "ResourceExhausted",
  "FailedPrecondition",
  "Aborted",
  "OutOfRange",
  "Unimplemented",
  "Internal",
  "Unavailable",
  "DataLoss",
  "Unauthenticated",
];

/** A code as it is printed in logs and labels of metrics: "InvalidArgument". */
export function grpcCodeName(code: GrpcCode): string {
  return printedNames[code] ?? `Code(${code})`;
}
