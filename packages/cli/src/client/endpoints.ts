import { UsageError } from "../errors.ts";

/** "host:port", as a gRPC channel wants it; "https://host:port" where TLS is asked for. */
export type Endpoint = string;

/** Where clients look when they are told nothing: as etcdctl does, but for its environment variable, which comes first. */
export const defaultEndpoint = "127.0.0.1:2379";

const secure = "https://";

/** Parses "host:port,http://host:port,https://host:port". Fails with `UsageError`. */
export function parseEndpoints(text: string): readonly Endpoint[] {
  return text.split(",").map((part) => parseEndpoint(part.trim()));
}

function parseEndpoint(text: string): Endpoint {
  const address = text.replace(/^https?:\/\//, "").replace(/\/$/, "");
  const port = Number(/^(?:\[[0-9a-fA-F:]+\]|[^:/\s]+):(\d{1,5})$/.exec(address)?.[1] ?? 0);
  if (port < 1 || port > 65_535) {
    throw new UsageError(`"${text}" is not an endpoint such as 127.0.0.1:2379 or http://db.example:2379.`);
  }
  return text.startsWith(secure) ? `${secure}${address}` : address;
}

/** From the flag, else QUORATE_ENDPOINTS, else ETCDCTL_ENDPOINTS, else etcd's default. */
export function chooseEndpoints(
  flag: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): readonly Endpoint[] {
  const text = flag ?? (environment["QUORATE_ENDPOINTS"] || environment["ETCDCTL_ENDPOINTS"] || defaultEndpoint);
  return parseEndpoints(text);
}

export function asksForTls(endpoint: Endpoint): boolean {
  return endpoint.startsWith(secure);
}

/** "host:port" alone. */
export function addressOf(endpoint: Endpoint): string {
  return asksForTls(endpoint) ? endpoint.slice(secure.length) : endpoint;
}
