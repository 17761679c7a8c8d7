import { createHash } from "node:crypto";
import type { KeyValue } from "@quorate/etcd/api";

/**
 * A hash of a set of records that does not depend on their order: the sum of the SHA-256 of each. What a record is for it: its
 * key, its value and its lease; revisions and versions are those of the cluster that it lies in.
 */
export class ContentsHash {
  #sum = 0n;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add({ key, value, lease }: Pick<KeyValue, "key" | "value" | "lease">): void {
    const lengths = Buffer.alloc(16);
    lengths.writeBigUInt64LE(BigInt(key.length));
    lengths.writeBigInt64LE(lease, 8);
    const digest = createHash("sha256").update(lengths).update(key).update(value).digest();
    this.#sum = BigInt.asUintN(256, this.#sum + BigInt(`0x${digest.toString("hex")}`));
    this.#count += 1;
  }

  /** 64 hexadecimal digits. */
  digest(): string {
    return this.#sum.toString(16).padStart(64, "0");
  }
}
