import { credentials, type ChannelCredentials, type ChannelOptions } from "@grpc/grpc-js";
import { isIP } from "node:net";
import { checkServerIdentity } from "node:tls";
import { FailureError } from "../errors.ts";
import type { TlsFiles } from "./access.ts";
import { addressOf, asksForTls, type Endpoint } from "./endpoints.ts";

/** TLS where the endpoint says https://, or where files for it were given, as etcdctl does. Fails with `FailureError`. */
export function channelCredentials(endpoint: Endpoint, tls: TlsFiles | undefined): ChannelCredentials {
  if (tls === undefined && !asksForTls(endpoint)) return credentials.createInsecure();
  const { ca, cert, key, trustAnyServer } = tls ?? noFiles;
  try {
    return credentials.createSsl(ca ?? null, key ?? null, cert ?? null, {
      rejectUnauthorized: !trustAnyServer,
      checkServerIdentity: (_, certificate) => checkServerIdentity(hostOf(endpoint), certificate),
    });
  } catch (error) {
    throw new FailureError(`The TLS files cannot be used: ${(error as Error).message}.`, { cause: error });
  }
}

const noFiles: TlsFiles = { ca: undefined, cert: undefined, key: undefined, trustAnyServer: false };

/**
 * grpc-js asks TLS to send the endpoint's host as the server's name, which must not be an IP address (RFC 6066 §3). The
 * certificate is checked against the address all the same.
 */
export function serverNameOptions(endpoint: Endpoint): ChannelOptions {
  return isIP(hostOf(endpoint)) === 0 ? {} : { "grpc.ssl_target_name_override": "localhost" };
}

function hostOf(endpoint: Endpoint): string {
  const address = addressOf(endpoint);
  return address.slice(0, address.lastIndexOf(":")).replace(/^\[(.*)\]$/, "$1");
}
