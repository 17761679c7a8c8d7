import { ByteReader } from "../byte-reader.ts";
import type { ByteWriter } from "../byte-writer.ts";
import { FormatError } from "../errors.ts";
import { textOf, type KeyText } from "../key-text.ts";

/**
 * What a state is sent as: items, in sections that follow each other in this order, any of which may be empty.
 *
 *   change       a key was changed at a revision, with the version that it got: in the order of the journal
 *   version      one version of a key: in the order of keys, then of revisions
 *   journal      one change, without its version: in the order of the journal
 *   unversioned  one mark: what has no revisions follows, and replaces what the receiver has of it
 *   record       one record of the engine that has no revisions
 *   end          totals, to see that nothing is missing
 */
export const itemTypes = { change: 1, version: 2, journal: 3, unversioned: 4, record: 5, end: 6 } as const;

/** No item is larger than this, in bytes. */
export const maxItemBytes = 256 * 1024 * 1024;

export interface ChangeItem {
  readonly type: typeof itemTypes.change;
  readonly revision: number;
  readonly number: number;
  readonly key: KeyText;
  readonly isPut: boolean;
  /**
   * The engine's record of the version. `superseded`: a later change of the same revision, or one that compaction kept, has
   * taken its place. A deletion has no contents.
   */
  readonly version: Uint8Array | "deletion" | "superseded";
}

export interface JournalItem {
  readonly type: typeof itemTypes.journal;
  readonly revision: number;
  readonly number: number;
  readonly key: KeyText;
  readonly isPut: boolean;
}

/** A record as it lies in the engine, checksum included. */
export interface RecordItem {
  readonly type: typeof itemTypes.version | typeof itemTypes.record;
  readonly engineKey: Uint8Array;
  readonly sealed: Uint8Array;
}

export interface EndItem {
  readonly type: typeof itemTypes.end;
  readonly revision: number;
  readonly keyCount: number;
}

export type TransferItem =
  | ChangeItem
  | JournalItem
  | RecordItem
  | EndItem
  | { readonly type: typeof itemTypes.unversioned };

const flags = { put: 1, contents: 2, deletion: 4 } as const;

/** Writes everything but the contents that end the item, and returns those. */
export function writeItem(into: ByteWriter, item: TransferItem): Uint8Array | undefined {
  into.byte(item.type);
  switch (item.type) {
    case itemTypes.change: {
      const { version } = item;
      const contents = typeof version === "string" ? undefined : version;
      const kind = contents !== undefined ? flags.contents : version === "deletion" ? flags.deletion : 0;
      into.byte((item.isPut ? flags.put : 0) | kind);
      into.varint(item.revision);
      into.varint(item.number);
      into.varint(item.key.length);
      into.text(item.key);
      return contents;
    }
    case itemTypes.journal:
      into.byte(item.isPut ? flags.put : 0);
      into.varint(item.revision);
      into.varint(item.number);
      into.text(item.key);
      return undefined;
    case itemTypes.version:
    case itemTypes.record:
      into.sizedBytes(item.engineKey);
      return item.sealed;
    case itemTypes.end:
      into.varint(item.revision);
      into.varint(item.keyCount);
      return undefined;
    case itemTypes.unversioned:
      return undefined;
  }
}

/** The item in these bytes; it may hold views of them. Throws `FormatError`. */
export function readItem(bytes: Uint8Array): TransferItem {
  const reader = new ByteReader(bytes);
  const type = reader.byte();
  switch (type) {
    case itemTypes.change:
      return readChange(reader);
    case itemTypes.journal: {
      const isPut = (reader.byte() & flags.put) !== 0;
      const revision = reader.varint();
      const number = reader.varint();
      return { type, isPut, revision, number, key: textOf(reader.rest()) };
    }
    case itemTypes.version:
    case itemTypes.record:
      return { type, engineKey: reader.sizedBytes(), sealed: reader.rest() };
    case itemTypes.end: {
      const item = { type, revision: reader.varint(), keyCount: reader.varint() };
      reader.end();
      return item;
    }
    case itemTypes.unversioned:
      reader.end();
      return { type };
    default:
      throw new FormatError(`unknown item ${type}`);
  }
}

function readChange(reader: ByteReader): ChangeItem {
  const bits = reader.byte();
  const isPut = (bits & flags.put) !== 0;
  const revision = reader.varint();
  const number = reader.varint();
  const key = textOf(reader.sizedBytes());
  const contents = reader.rest();
  const kind = bits & ~flags.put;
  const isRight =
    kind === flags.contents ? isPut : contents.length === 0 && (kind === 0 || (kind === flags.deletion && !isPut));
  if (!isRight) throw new FormatError(`the flags ${bits} of a change are impossible`);
  const version = kind === flags.contents ? contents : kind === flags.deletion ? "deletion" : "superseded";
  return { type: itemTypes.change, revision, number, key, isPut, version };
}
