import { credentials, type ChannelCredentials } from "@grpc/grpc-js";
import { FailureError } from "../errors.ts";
import type { TlsFiles } from "./access.ts";
import { asksForTls, type Endpoint } from "./endpoints.ts";

/** TLS where the endpoint says https://, or where files for it were given, as etcdctl does. Fails with `FailureError`. */
export function channelCredentials(endpoint: Endpoint, tls: TlsFiles | undefined): ChannelCredentials {
  if (tls === undefined) return asksForTls(endpoint) ? credentials.createSsl() : credentials.createInsecure();
  const { ca, cert, key, trustAnyServer } = tls;
  try {
    return credentials.createSsl(ca ?? null, key ?? null, cert ?? null, { rejectUnauthorized: !trustAnyServer });
  } catch (error) {
    throw new FailureError(`The TLS files cannot be used: ${(error as Error).message}.`, { cause: error });
  }
}
