import type { Written } from "./write-records.ts";
import type { WrittenAuth } from "./write-auth.ts";

export interface Imported {
  readonly source: { readonly name: string; readonly revision: number };
  readonly written: Written;
  readonly leases: number;
  /** Undefined when users and roles were left out. */
  readonly auth: (WrittenAuth & { readonly wasEnabled: boolean | undefined }) | undefined;
  readonly seconds: number;
}

/** What was done, and what is left to do by hand. */
export function importText({ source, written, leases, auth, seconds }: Imported): string {
  const { contents, bytes, ended } = written;
  const lines = [
    `Imported ${contents.count} keys (${(bytes / 1024 / 1024).toFixed(1)} MiB) and ${leases} leases of ${source.name} at revision ${source.revision}, in ${seconds.toFixed(1)} s.`,
    `Read back and compared: the contents are the same (${contents.digest().slice(0, 16)}).`,
    ...(ended === 0 ? [] : [`${ended} keys were left out: their leases have ended.`]),
    ...(auth === undefined ? [] : authLines(auth)),
  ];
  return `${lines.join("\n")}\n`;
}

function authLines({ users, roles, withoutPassword, wasEnabled }: NonNullable<Imported["auth"]>): readonly string[] {
  if (users + roles === 0) return [];
  return [
    `Imported ${users} users and ${roles} roles.`,
    ...(withoutPassword.length === 0
      ? []
      : [`etcd shows nobody's password. Set those of ${withoutPassword.join(", ")}: quorate user passwd NAME`]),
    wasEnabled === false
      ? "Authentication was off, and is."
      : "Authentication is off until you turn it on: quorate auth enable",
  ];
}

export function importJson({ source, written, leases, auth, seconds }: Imported): Record<string, unknown> {
  return {
    source: source.name,
    revision: source.revision,
    keys: written.contents.count,
    bytes: written.bytes,
    contentsHash: written.contents.digest(),
    keysOfEndedLeases: written.ended,
    leases,
    ...(auth === undefined ? {} : { users: auth.users, roles: auth.roles, withoutPassword: auth.withoutPassword }),
    seconds: Math.round(seconds * 1000) / 1000,
  };
}
