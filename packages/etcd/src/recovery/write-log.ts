import type { Host } from "@quorate/host";
import type { Configuration, Entry, HardState, LogBase } from "@quorate/raft";
import { encodeConfiguration, entryKinds, makeEntry } from "@quorate/raft";
import { openWal, type OpenedWal, type WalOptions } from "@quorate/wal";

/** How many bytes of frames are read, and written as one record, at a time. */
const copyBytes = 4 * 1024 * 1024;

export interface NewLog {
  readonly host: Host;
  /** Absent, in a directory that exists. */
  readonly directory: string;
  readonly clusterId: number;
  readonly memberId: number;
  /** Where it begins; undefined for the first entry. */
  readonly base: LogBase | undefined;
  /** What it holds first, in pieces, without a gap behind the base. */
  readonly entries: AsyncIterable<readonly Entry[]>;
  /** Its last entry, committed: the configuration in force. */
  readonly last: { readonly index: number; readonly term: number; readonly configuration: Configuration };
}

/** Writes a log from its beginning, durably. What it holds is committed. */
export async function writeLog(parts: NewLog): Promise<void> {
  const { host, directory, clusterId, memberId, base, last } = parts;
  let settle: { done: () => void; failed: (error: Error) => void } | undefined;
  const { wal } = await open({
    host,
    directory,
    clusterId,
    memberId,
    ...(base === undefined ? {} : { base }),
    events: { stored: () => settle?.done(), failed: (error) => settle?.failed(error) },
  });
  let sequence = 0;
  const write = (entries: readonly Entry[], hardState: HardState | undefined): Promise<void> =>
    new Promise((done, failed) => {
      settle = { done, failed };
      wal.persist({ sequence: ++sequence, truncateFrom: undefined, entries, hardState });
    });
  try {
    for await (const entries of parts.entries) await write(entries, undefined);
    const payload = encodeConfiguration(last.configuration);
    const entry = makeEntry(last.index, last.term, entryKinds.configuration, payload);
    await write([entry], { term: last.term, vote: 0, commit: last.index });
  } finally {
    await new Promise<void>((resolve) => wal.close(() => resolve()));
  }
}

/** Everything that an open log holds behind its base. */
export async function* entriesOf({ wal, recovered }: OpenedWal): AsyncGenerator<readonly Entry[]> {
  const { base, last } = recovered;
  for (let next = base.index + 1; next <= last.index; ) {
    const entries = await new Promise<readonly Entry[]>((resolve, reject) => {
      wal.read(next, last.index, copyBytes, (error, read) => (error === undefined ? resolve(read) : reject(error)));
    });
    yield entries;
    next += entries.length;
  }
}

/** Opens a log, as a promise. */
export function open(options: WalOptions): Promise<OpenedWal> {
  return new Promise((resolve, reject) => {
    openWal(options, (error, opened) => (error === undefined ? resolve(opened) : reject(error)));
  });
}
