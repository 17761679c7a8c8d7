import type { EngineRecord, EngineWrite } from "../engine.ts";
import type { RecordKind } from "../errors.ts";

/**
 * A part of the state that has no revisions. It lies in memory whole, is read at start, and is sent to other members and into
 * backups whole: so it is for what is small, or what must be in memory anyway.
 */
export interface Table {
  readonly kind: TableKind;
  /** Takes a record that an engine holds, each once, in the order of keys. Throws `DamagedRecordError`. */
  load(record: EngineRecord): void;
  /** What the next checkpoint has to write, in bytes, about. */
  readonly changedBytes: number;
  /**
   * What has changed since the last call, as of this call, removals too. It is encoded as it is iterated over, in steps of a
   * checkpoint; what changes meanwhile belongs to the next one.
   */
  takeChanged(): Iterable<EngineWrite>;
}

/** How the records of a table are told from others, and checked where no table is needed. */
export interface TableKind {
  readonly name: RecordKind;
  /** The first byte of its engine keys; no other record has it. */
  readonly prefix: number;
  /** Reads a record and forgets it. Throws `DamagedRecordError`. */
  check(record: EngineRecord): void;
}
