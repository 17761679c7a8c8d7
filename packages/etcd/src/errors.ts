import { grpcCodes as codes, type GrpcCode } from "@quorate/grpc";

/** An answer that refuses: clients match on code and message, so both are etcd's to the letter. */
export class EtcdError extends Error {
  override readonly name = "EtcdError";
  readonly code: GrpcCode;

  constructor(code: GrpcCode, message: string) {
    super(message);
    this.code = code;
  }
}

const invalid = (message: string): EtcdError => new EtcdError(codes.invalidArgument, `etcdserver: ${message}`);
const unavailable = (message: string): EtcdError => new EtcdError(codes.unavailable, `etcdserver: ${message}`);

const precondition = (message: string): EtcdError => new EtcdError(codes.failedPrecondition, `etcdserver: ${message}`);

/** etcd's refusals, by what went wrong (rpctypes). */
export const refusals = {
  emptyKey: () => invalid("key is not provided"),
  keyNotFound: () => invalid("key not found"),
  valueProvided: () => invalid("value is provided"),
  leaseProvided: () => invalid("lease is provided"),
  tooManyOps: () => invalid("too many operations in txn request"),
  duplicateKey: () => invalid("duplicate key given in txn request"),
  invalidSort: () => invalid("invalid sort option"),
  requestTooLarge: () => invalid("request is too large"),
  unimplemented: (message: string) => new EtcdError(codes.unimplemented, message),
  compacted: () => new EtcdError(codes.outOfRange, "etcdserver: mvcc: required revision has been compacted"),
  futureRevision: () => new EtcdError(codes.outOfRange, "etcdserver: mvcc: required revision is a future revision"),
  snapshotFailed: (why: string) => new EtcdError(codes.internal, `quorate: the snapshot could not be made: ${why}`),
  noSpace: () => new EtcdError(codes.resourceExhausted, "etcdserver: mvcc: database space exceeded"),
  leaseNotFound: () => new EtcdError(codes.notFound, "etcdserver: requested lease not found"),
  leaseExists: () => precondition("lease already exists"),
  leaseTtlTooLarge: () => new EtcdError(codes.outOfRange, "etcdserver: too large lease TTL"),
  tooManyRequests: () => new EtcdError(codes.resourceExhausted, "etcdserver: too many requests"),
  notSupportedForLearner: () => new EtcdError(codes.failedPrecondition, "etcdserver: rpc not supported for learner"),
  noLeader: () => unavailable("no leader"),
  leaderChanged: () => unavailable("leader changed"),
  stopped: () => unavailable("server stopped"),
  timeout: () => unavailable("request timed out"),
  connectionLost: () => unavailable("request timed out, possibly due to connection lost"),
  memberNotFound: () => new EtcdError(codes.notFound, "etcdserver: member not found"),
  memberExists: () => precondition("member ID already exist"),
  peerUrlExists: () => precondition("Peer URLs already exists"),
  badMemberUrls: () => invalid("given member URLs are invalid"),
  notEnoughStarted: () => precondition("re-configuration failed due to not enough started members"),
  notLearner: () => precondition("can only promote a learner member"),
  learnerNotReady: () => precondition("can only promote a learner member which is in sync with leader"),
  unhealthy: () => unavailable("unhealthy cluster"),
  notLeader: () => precondition("not leader"),
  badTransferee: () => precondition("bad leader transferee"),
  transferTookTooLong: () => unavailable("request timed out, leader transfer took too long"),
  badDowngradeVersion: () => invalid("wrong downgrade target version format"),
  badDowngradeTarget: () => invalid("invalid downgrade target version"),
  noDowngrade: () => precondition("no inflight downgrade job"),
  unknownMethod: () => invalid("unknown method"),
  corrupt: () => new EtcdError(codes.dataLoss, "etcdserver: corrupt cluster"),
} as const;
