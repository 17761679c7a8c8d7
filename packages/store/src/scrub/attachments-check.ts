import { ByteWriter } from "../byte-writer.ts";
import { crc32c } from "../crc32c.ts";
import type { EngineRecord } from "../engine.ts";
import { DamagedRecordError } from "../errors.ts";
import { prefixes } from "../key-space.ts";
import type { KeyText } from "../key-text.ts";
import { readLeaseRecord } from "../tables/leases.ts";

/**
 * Which keys hang on which leases is said twice: by the leases, and by the metadata of the keys. Both are folded into a count and a sum
 * of checksums, since they lie in different orders.
 */
export class AttachmentsCheck {
  readonly #writer = new ByteWriter();
  #leases = { count: 0, sum: 0 };
  #keys = { count: 0, sum: 0 };

  /** A record of the leases. Throws `DamagedRecordError`. */
  takeRecord(record: EngineRecord): void {
    const read = readLeaseRecord(record);
    if (!("lease" in read)) this.#leases = this.#with(this.#leases, read.key, read.to);
  }

  /** A live key, with what its metadata says. */
  takeKey(key: KeyText, lease: bigint): void {
    if (lease !== 0n) this.#keys = this.#with(this.#keys, key, lease);
  }

  /** Throws `DamagedRecordError`. */
  compare(): void {
    const [leases, keys] = [this.#leases, this.#keys];
    if (leases.count === keys.count && leases.sum === keys.sum) return;
    const others = leases.count === keys.count ? " others" : "";
    const what = `leases hold ${leases.count} keys, and ${keys.count}${others} name a lease`;
    throw new DamagedRecordError("lease", Uint8Array.of(prefixes.lease), what);
  }

  #with({ count, sum }: { count: number; sum: number }, key: KeyText, lease: bigint): { count: number; sum: number } {
    this.#writer.bits64(lease);
    this.#writer.text(key);
    return { count: count + 1, sum: (sum + crc32c(this.#writer.take())) >>> 0 };
  }
}
