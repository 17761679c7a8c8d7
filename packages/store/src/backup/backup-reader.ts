import { HostError } from "@quorate/host";
import { ByteReader } from "../byte-reader.ts";
import { crc32c } from "../crc32c.ts";
import { pointOf } from "../engine-pages.ts";
import type { KeyText } from "../key-text.ts";
import { unsealVersion } from "../records.ts";
import { checkTableRecord } from "../tables/tables.ts";
import type { AppliedPosition } from "../state-record.ts";
import { ChunkReader, maxChunkBytes } from "../transfer/chunks.ts";
import { itemTypes, type EndItem, type TransferItem } from "../transfer/items.ts";
import { received } from "../transfer/received.ts";
import { decodeHeader } from "../transfer/transfer-codec.ts";
import { backupMagic, backupVersion, maxHeadPartBytes } from "./backup-file.ts";

/** What a backup says of itself. */
export interface BackupInfo {
  readonly label: Uint8Array;
  /** For `StateTransfer.receive`. */
  readonly header: Uint8Array;
  /** `StoreOptions.lineage` of the store that it was made of: that of the store which receives it must be the same. */
  readonly lineage: number;
  readonly position: AppliedPosition;
  readonly revision: number;
  readonly compactedRevision: number;
  readonly keyCount: number;
}

const fixedHeadBytes = backupMagic.length + 4;
const lengthBytes = 4;
const trailerBytes = 8;

/**
 * Reads a backup as its bytes come, and checks everything in it: the checksums of the file, of its chunks and of every record,
 * and that nothing is missing. Throws `HostError` `corrupt` for a backup that is not what was written.
 */
export class BackupReader {
  readonly #items = new ChunkReader();
  readonly #check = new ContentsCheck();
  #pending = new Uint8Array(0);
  #checksum = 0;
  #chunks = 0;
  #info: BackupInfo | undefined;
  #isEnded = false;

  /** Undefined until the beginning was read. */
  get info(): BackupInfo | undefined {
    return this.#info;
  }

  /** Takes the next bytes, in pieces of any size; gives the chunks that end in them, for `StateSink.write`. */
  take(bytes: Uint8Array): Uint8Array[] {
    this.#pending = joined(this.#pending, bytes);
    const chunks: Uint8Array[] = [];
    if (this.#info === undefined && !this.#takeHead()) return chunks;
    while (!this.#isEnded && this.#pending.length >= lengthBytes) {
      const length = new ByteReader(this.#pending).uint32();
      if (length > maxChunkBytes) throw damaged(`a chunk of ${length} bytes`);
      if (length === 0) {
        this.#takeTrailer();
        break;
      }
      if (this.#pending.length < lengthBytes + length) break;
      const chunk = this.#advance(lengthBytes + length).slice(lengthBytes);
      this.#checkChunk(chunk);
      chunks.push(chunk);
    }
    if (this.#isEnded && this.#pending.length > 0) throw damaged("something follows its end");
    return chunks;
  }

  /** Nothing follows. */
  finish(): BackupInfo {
    const info = this.#info;
    if (!this.#isEnded || info === undefined) throw damaged("its end is missing");
    this.#check.finish(info);
    return info;
  }

  #takeHead(): boolean {
    const bytes = this.#pending;
    const isBegun = backupMagic.subarray(0, bytes.length).every((byte, at) => bytes[at] === byte);
    if (!isBegun) throw damaged("it does not begin as a backup does");
    let end = fixedHeadBytes;
    const parts: Uint8Array[] = [];
    for (let part = 0; part < 2; part++) {
      if (bytes.length < end + lengthBytes) return false;
      const length = new ByteReader(bytes, end).uint32();
      if (length > maxHeadPartBytes) throw damaged("its beginning is too long");
      parts.push(bytes.slice(end + lengthBytes, end + lengthBytes + length));
      end += lengthBytes + length;
    }
    if (bytes.length < end + lengthBytes) return false;
    const version = new ByteReader(bytes, backupMagic.length).uint32();
    if (version !== backupVersion) throw damaged(`its format ${version} is unknown: read it with a newer version`);
    this.#advance(end);
    this.#checkSum();
    const [label, header] = parts as [Uint8Array, Uint8Array];
    const { lineage, record, keyCount } = decodeHeader(header);
    const { position, revision, compactedRevision } = record;
    this.#info = { label, header, lineage, position, revision, compactedRevision, keyCount };
    return true;
  }

  #takeTrailer(): void {
    if (this.#pending.length < trailerBytes + lengthBytes) return;
    const chunks = new ByteReader(this.#pending, lengthBytes).uint32();
    this.#advance(trailerBytes);
    this.#checkSum();
    if (chunks !== this.#chunks) throw damaged(`it should have ${chunks} chunks, and has ${this.#chunks}`);
    this.#isEnded = true;
  }

  /** The next bytes, which are part of what is summed up. */
  #advance(length: number): Uint8Array {
    const bytes = this.#pending.subarray(0, length);
    this.#checksum = crc32c(bytes, this.#checksum);
    this.#pending = this.#pending.subarray(length);
    return bytes;
  }

  #checkSum(): void {
    const expected = this.#checksum;
    if (new ByteReader(this.#advance(lengthBytes)).uint32() !== expected) throw damaged("its checksum is wrong");
  }

  #checkChunk(chunk: Uint8Array): void {
    this.#chunks++;
    try {
      for (const item of this.#items.take(chunk)) this.#check.take(item);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      throw damaged(error.message);
    }
  }
}

/** Counts what a state consists of. */
class ContentsCheck {
  #live = 0;
  #key: KeyText | undefined;
  #isAlive = false;
  #end: EndItem | undefined;

  /** Throws `HostError`. */
  take(item: TransferItem): void {
    if (item.type === itemTypes.version) {
      const { key, revision, isPut } = received(() => pointOf(item.engineKey));
      received(() => unsealVersion(key, revision, isPut, item.sealed, item.engineKey));
      if (key !== this.#key) this.#closeKey();
      this.#key = key;
      this.#isAlive = isPut;
    } else if (item.type === itemTypes.record) {
      received(() => checkTableRecord({ key: item.engineKey, value: item.sealed }));
    } else if (item.type === itemTypes.end) {
      this.#end = item;
    }
  }

  finish({ revision, keyCount }: BackupInfo): void {
    this.#closeKey();
    const end = this.#end;
    if (end?.revision === revision && end.keyCount === keyCount && this.#live === keyCount) return;
    throw damaged(`it should hold ${keyCount} keys, and holds ${this.#live}`);
  }

  #closeKey(): void {
    if (this.#isAlive) this.#live++;
    this.#isAlive = false;
  }
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}

function damaged(what: string): HostError {
  return new HostError("corrupt", "backup", `the backup cannot be used: ${what}`);
}
