import { UsageError } from "../errors.ts";
import type { Setting } from "./gather-settings.ts";

/** Where a server listens or is reached, as it was written. */
export interface ServerUrl {
  /** Canonical: "http://host:port", or https. */
  readonly url: string;
  /** An IPv6 address is without its brackets. */
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
}

/** Parses "http://a:1,http://b:2". Fails with `UsageError`, which names the setting. */
export function parseUrls({ value, origin }: Setting): readonly ServerUrl[] {
  const parts = value.split(",").map((part) => part.trim());
  return parts.map((part) => parseUrl(part, origin));
}

function parseUrl(text: string, origin: string): ServerUrl {
  const refuse = (reason: string) => new UsageError(`"${text}" ${reason} (${origin}).`);
  if (!URL.canParse(text)) throw refuse("is not a URL such as http://10.0.0.1:2380");
  const url = new URL(text);
  const isSecure = url.protocol === "https:";
  if (!isSecure && url.protocol !== "http:") throw refuse("must begin with http:// or https://");
  // URL drops the scheme's own port; etcd's clients and ours need it written out.
  const own = isSecure ? 443 : 80;
  const port = url.port === "" && new RegExp(`:${own}/?$`).test(text) ? own : Number(url.port);
  if (port === 0) throw refuse("must name its port, such as http://10.0.0.1:2380");
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") throw refuse("must not have a path");
  if (url.username !== "" || url.password !== "") throw refuse("must not hold a user or a password");
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { url: `${url.protocol}//${url.hostname}:${port}`, host, port, isSecure };
}
