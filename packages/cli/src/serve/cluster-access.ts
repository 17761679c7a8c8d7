import { readFileSync } from "node:fs";
import { readAccess, type Access } from "../client/access.ts";
import { FailureError } from "../errors.ts";
import type { ServeOptions } from "./serve-options.ts";

/**
 * How a member that joins speaks to its cluster as a client: by QUORATE_USER, QUORATE_PASSWORD, QUORATE_CACERT, QUORATE_CERT and
 * QUORATE_KEY, as the client commands do; without files there, with its own certificate for clients, and the authorities that it
 * trusts those of. Fails with `FailureError`.
 */
export async function accessToCluster({ clientTls }: ServeOptions): Promise<Access> {
  const given = await readAccess({}, process.env);
  if (given.tls !== undefined || clientTls === undefined) return given;
  const { source } = clientTls;
  if (source === "auto")
    return { ...given, tls: { ca: undefined, cert: undefined, key: undefined, trustAnyServer: true } };
  const { certFile, keyFile, trustedCaFile } = source;
  const ca = trustedCaFile === undefined ? undefined : read(trustedCaFile);
  return { ...given, tls: { ca, cert: read(certFile), key: read(keyFile), trustAnyServer: false } };
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new FailureError(`The TLS file ${path} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}
