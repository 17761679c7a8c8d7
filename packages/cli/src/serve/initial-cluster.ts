import { UsageError } from "../errors.ts";
import type { Setting } from "./gather-settings.ts";
import type { ServerUrl } from "./peer-and-client-urls.ts";
import { parseUrls } from "./peer-and-client-urls.ts";

/** A member of a new cluster, as every member is told in the same words. */
export interface InitialMember {
  readonly name: string;
  readonly peerUrls: readonly ServerUrl[];
}

/** Parses "a=http://h1:2380,b=http://h2:2380"; a name given twice has two URLs. Fails with `UsageError`. */
export function parseInitialCluster(setting: Setting): readonly InitialMember[] {
  const byName = new Map<string, ServerUrl[]>();
  const owner = new Map<string, string>();
  for (const part of setting.value.split(",").map((text) => text.trim())) {
    const equals = part.indexOf("=");
    if (equals < 1) {
      throw new UsageError(`"${part}" is not of the form name=http://host:port (${setting.origin}).`);
    }
    const name = part.slice(0, equals);
    for (const url of parseUrls({ value: part.slice(equals + 1), origin: setting.origin })) {
      const other = owner.get(url.url);
      if (other !== undefined) {
        throw new UsageError(`${url.url} is given to both ${other} and ${name} (${setting.origin}).`);
      }
      owner.set(url.url, name);
      byName.set(name, [...(byName.get(name) ?? []), url]);
    }
  }
  return [...byName].map(([name, peerUrls]) => ({ name, peerUrls }));
}

/** Every member must be in the list it was given, under the URLs that it advertises: others will connect to those. */
export function checkOwnEntry(
  members: readonly InitialMember[],
  name: string,
  advertised: readonly ServerUrl[],
  origin: string,
): void {
  const own = members.find((member) => member.name === name);
  if (own === undefined) {
    const names = members.map((member) => member.name).join(", ");
    throw new UsageError(`The initial cluster has no member named "${name}", only ${names} (${origin}). Check --name.`);
  }
  const listed = textOf(own.peerUrls);
  if (listed !== textOf(advertised)) {
    throw new UsageError(
      `The initial cluster lists ${name} at ${listed}, and --initial-advertise-peer-urls says ${textOf(advertised)} ` +
        `(${origin}). They must be the same.`,
    );
  }
}

function textOf(urls: readonly ServerUrl[]): string {
  return urls
    .map(({ url }) => url)
    .sort()
    .join(",");
}
