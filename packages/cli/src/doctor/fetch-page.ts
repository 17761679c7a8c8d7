import { get as getPlain } from "node:http";
import { get as getSecure } from "node:https";
import type { IncomingMessage } from "node:http";
import type { Access } from "../client/access.ts";
import { addressOf, asksForTls, type Endpoint } from "../client/endpoints.ts";

/** No page of a member is longer. */
const mostBytes = 8 * 1024 * 1024;

/** A page of a member over HTTP, with the certificates that its gRPC calls need. Rejects with an error that says why not. */
export function fetchPage(endpoint: Endpoint, path: string, access: Access, timeoutMs: number): Promise<string> {
  const isSecure = asksForTls(endpoint) || access.tls !== undefined;
  const url = `${isSecure ? "https" : "http"}://${addressOf(endpoint)}${path}`;
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve, reject) => {
    const taken = (response: IncomingMessage): void => {
      textOf(response).then(resolve, reject);
    };
    const request = isSecure
      ? getSecure(url, { ...tlsOptions(access), signal }, taken)
      : getPlain(url, { signal }, taken);
    request.on("error", reject);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Error(`status ${response.statusCode}`);
  }
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response) {
    bytes += (piece as Buffer).length;
    if (bytes > mostBytes) throw new Error(`more than ${mostBytes} bytes`);
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function tlsOptions({ tls }: Access) {
  return {
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls?.key === undefined ? {} : { key: tls.key }),
    rejectUnauthorized: tls?.trustAnyServer !== true,
  };
}
