import { existsSync } from "node:fs";
import { readAccess } from "../client/access.ts";
import { openCalls, type Calls } from "../client/calls.ts";
import { parseEndpoints } from "../client/endpoints.ts";
import { range, roleList, userList } from "../client/etcd-methods.ts";
import { show } from "../client/output.ts";
import { revisionOf } from "../client/print.ts";
import { callsAt, placeOf, timeoutOf, type ClientFlags } from "../client/with-calls.ts";
import { exitCodes, FailureError, UsageError } from "../errors.ts";
import { progressLine } from "../progress-line.ts";
import { ContentsHash } from "./contents-hash.ts";
import { importJson, importText, type Imported } from "./import-text.ts";
import { openRunningSource } from "./running-source.ts";
import { openSnapshotSource } from "./snapshot-source.ts";
import type { Source } from "./source.ts";
import { writeAuth } from "./write-auth.ts";
import { writeLeases } from "./write-leases.ts";
import { writeRecords } from "./write-records.ts";

export interface ImportFlags extends ClientFlags {
  readonly prefix?: string;
  readonly rev?: number;
  readonly force?: boolean;
  readonly leases: boolean;
  readonly auth: boolean;
  readonly fromUser?: string;
  readonly fromPassword?: string;
  readonly fromCacert?: string;
  readonly fromCert?: string;
  readonly fromKey?: string;
  readonly fromInsecureSkipTlsVerify?: boolean;
}

/** Everything that an etcd has at one revision, into the cluster at --endpoints; compared at the end. */
export async function runImport(from: string, flags: ImportFlags): Promise<number> {
  const target = callsAt(await placeOf(flags));
  try {
    const before = await stateOf(target, flags);
    const source = await openSource(from, flags);
    try {
      const imported = await copy(source, target, before, flags);
      show(flags, { text: importText(imported), json: importJson(imported) });
      return exitCodes.done;
    } finally {
      await source.close();
    }
  } finally {
    target.close();
  }
}

/** Where the target stands before anything is written. Fails when it has something already, unless that is wanted. */
async function stateOf(target: Calls, flags: ImportFlags): Promise<number> {
  const all = { key: new Uint8Array(1), rangeEnd: new Uint8Array(1), countOnly: true };
  const answer = await target.call(range, all);
  if (flags.force === true) return revisionOf(answer);
  const found = [`${answer.count} keys`];
  if (flags.auth) {
    found.push(`${(await target.call(userList, {})).users.length} users`);
    found.push(`${(await target.call(roleList, {})).roles.length} roles`);
  }
  if (found.every((text) => text.startsWith("0 "))) return revisionOf(answer);
  throw new FailureError(
    `The cluster at --endpoints is not empty: it has ${found.join(", ")}. With --force what is imported is put on top of ` +
      "that; an import that broke off is done again in this way.",
  );
}

/** A file where there is one of that name, else endpoints. */
async function openSource(from: string, flags: ImportFlags): Promise<Source> {
  const prefix = Buffer.from(flags.prefix ?? "");
  if (existsSync(from)) {
    if (flags.rev !== undefined) throw new UsageError("A snapshot has one revision: leave --rev out.");
    return openSnapshotSource(from, prefix);
  }
  if (from.endsWith(".db")) throw new FailureError(`There is no file ${from}.`);
  const access = await readAccess(
    {
      ...(flags.fromUser === undefined ? {} : { user: flags.fromUser }),
      ...(flags.fromPassword === undefined ? {} : { password: flags.fromPassword }),
      ...(flags.fromCacert === undefined ? {} : { cacert: flags.fromCacert }),
      ...(flags.fromCert === undefined ? {} : { cert: flags.fromCert }),
      ...(flags.fromKey === undefined ? {} : { key: flags.fromKey }),
      insecureSkipTlsVerify: flags.fromInsecureSkipTlsVerify === true,
    },
    {},
  );
  const calls = openCalls(parseEndpoints(from), timeoutOf(flags), access);
  return openRunningSource(calls, { name: from, prefix, revision: flags.rev }).catch((error: unknown) => {
    calls.close();
    throw error;
  });
}

async function copy(source: Source, target: Calls, before: number, flags: ImportFlags): Promise<Imported> {
  const line = progressLine();
  const started = performance.now();
  try {
    const leases = flags.leases ? await writeLeases(target, await source.leases()) : undefined;
    const written = await writeRecords(source.records(), {
      calls: target,
      leases,
      progress: (keys, bytes) => line.show(`${keys} of ${source.keyCount} keys, ${mebibytes(bytes)} MiB`),
    });
    line.show("comparing");
    const there = await readBack(target, before);
    if (there.digest() !== written.contents.digest()) {
      throw new FailureError(
        `The contents differ: ${written.contents.count} keys were written (${written.contents.digest()}), and ${there.count} were ` +
          `read back (${there.digest()}). Does somebody else write to the target? Import again, with --force.`,
      );
    }
    const auth = flags.auth ? await source.auth() : undefined;
    return {
      source: { name: source.name, revision: source.revision },
      written,
      leases: leases?.size ?? 0,
      auth: auth === undefined ? undefined : { ...(await writeAuth(target, auth)), wasEnabled: auth.isEnabled },
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    line.clear();
  }
}

/** What was put since the import began, at one revision. */
async function readBack(target: Calls, before: number): Promise<ContentsHash> {
  const contents = new ContentsHash();
  const all = await openRunningSource(target, { name: "the target", prefix: new Uint8Array(0), revision: undefined });
  for await (const records of all.records()) {
    for (const record of records) if (record.modRevision > before) contents.add(record);
  }
  return contents;
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
