import { create } from "@bufbuild/protobuf";
import { grpcCodes } from "@quorate/grpc";
import {
  AuthenticateResponseSchema,
  type AuthenticateRequest,
  type AuthenticateResponse,
} from "../generated/etcdserverpb/rpc_pb.ts";
import { EtcdError, refusals } from "../errors.ts";
import { refusalOf } from "../kv-service.ts";
import { replicaRefusal } from "../replica-errors.ts";
import { responseHeader, type Respond, type ServiceParts } from "../service-parts.ts";
import { maxPasswordBytes } from "./passwords.ts";
import { authErrors } from "./refusals.ts";

/** etcd's Authenticate: a token for a password. Nothing goes through the log: any member can check what another has signed. */
export function authenticate(
  parts: ServiceParts,
  { name, password }: AuthenticateRequest,
  respond: Respond<AuthenticateResponse>,
): void {
  parts.replica.readBarrier((error) => {
    if (error !== undefined) return respond(replicaRefusal(error), undefined);
    const { auth } = parts.store;
    if (!auth.isEnabled) return respond(authErrors.notEnabled(), undefined);
    const user = auth.user(name);
    if (user?.hasNoPassword === true) return respond(noPassword(), undefined);
    // A password that could not have been set fits nothing, and bcrypt would only look at its beginning.
    const isPossible = Buffer.byteLength(password) <= maxPasswordBytes;
    parts.passwords.fits(password, isPossible ? user?.passwordHash : undefined, (problem, fits) => {
      if (problem === "busy") return respond(refusals.tooManyRequests(), undefined);
      if (problem !== undefined) return respond(refusals.stopped(), undefined);
      const now = parts.store.auth;
      const isStillSame = now.user(name)?.credentialRevision === user?.credentialRevision;
      if (!fits || user === undefined || !isStillSame) return respond(authErrors.notAuthenticated(), undefined);
      if (!now.isEnabled) return respond(authErrors.notEnabled(), undefined);
      try {
        const token = parts.tokens.issue(user, now);
        const header = responseHeader(parts, parts.store.revision);
        respond(undefined, create(AuthenticateResponseSchema, { header, token }));
      } catch (thrown) {
        respond(refusalOf(thrown), undefined);
      }
    });
  });
}

function noPassword(): EtcdError {
  return new EtcdError(grpcCodes.unknown, "auth: authentication failed, password was given for no password user");
}
