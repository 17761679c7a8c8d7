/**
 * gRPC and plain HTTP on one port, behind an interface that does not depend on the HTTP/2 engine underneath.
 *
 * @packageDocumentation
 */
export { CallCounts, MethodCounts } from "./call-counts.ts";
export { GatheredBytes } from "./calls/gathered-bytes.ts";
export type * from "./http-handler.ts";
export { defaultServerLimits } from "./limits.ts";
export type { ServerLimits } from "./limits.ts";
export type * from "./service.ts";
export { grpcCodeName, grpcCodes, okStatus } from "./status.ts";
export type { GrpcCode, GrpcStatus } from "./status.ts";
export { startGrpcServer } from "./server.ts";
export type { GrpcServer, GrpcServerOptions } from "./server.ts";
export type { ServerTls } from "./port/tls.ts";
