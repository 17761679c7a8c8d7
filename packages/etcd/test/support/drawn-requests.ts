/** Requests drawn from a seed, as the JSON gateway takes them: few keys, so that they meet. */
export interface DrawnRequest {
  readonly path: "/kv/range" | "/kv/put" | "/kv/deleterange" | "/kv/txn" | "/kv/compaction";
  readonly body: Readonly<Record<string, unknown>>;
}

type Fields = Record<string, unknown>;

const base64 = (text: string): string => Buffer.from(text, "latin1").toString("base64");
const keys = ["a", "b", "c", "d", "e", "f"].map(base64);
const oddKeys = ["", "a\0", "\0", "b\u00ff"].map(base64);
const everyKeyFrom = base64("\0");

/** mulberry32 */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class RequestSource {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  next(): DrawnRequest {
    const draw = this.#random();
    if (draw < 0.3) return { path: "/kv/range", body: this.#range() };
    if (draw < 0.5) return { path: "/kv/put", body: this.#put() };
    if (draw < 0.6) return { path: "/kv/deleterange", body: this.#deleteRange(true) };
    if (draw < 0.61) return { path: "/kv/compaction", body: this.#compaction() };
    return { path: "/kv/txn", body: this.#txn(2) };
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)] as T;
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #many<T>(most: number, make: () => T): T[] {
    return Array.from({ length: Math.floor(this.#random() * (most + 1)) }, make);
  }

  #key(): string {
    return this.#pick(this.#chance(0.03) ? oddKeys : keys);
  }

  #end(): string | undefined {
    return this.#pick([undefined, undefined, "", everyKeyFrom, ...["a", "b", "c", "f"].map(base64)]);
  }

  #range(): Fields {
    return {
      key: this.#key(),
      range_end: this.#end(),
      limit: this.#pick([undefined, undefined, 1, 2, 3, -1]),
      revision: this.#pick([undefined, undefined, undefined, 1, 2, 3, 5, 10, 20, 1000, -1]),
      sort_order: this.#pick([undefined, undefined, "NONE", "ASCEND", "DESCEND"]),
      sort_target: this.#pick([undefined, undefined, "KEY", "VERSION", "CREATE", "MOD", "VALUE"]),
      serializable: this.#pick([undefined, true]),
      keys_only: this.#pick([undefined, undefined, true]),
      count_only: this.#pick([undefined, undefined, undefined, true]),
      min_mod_revision: this.#chance(0.1) ? this.#pick([2, 5, 10]) : undefined,
      max_mod_revision: this.#chance(0.1) ? this.#pick([8, 20]) : undefined,
      min_create_revision: this.#chance(0.1) ? this.#pick([2, 5, 10]) : undefined,
      max_create_revision: this.#chance(0.1) ? this.#pick([8, 20]) : undefined,
    };
  }

  #put(): Fields {
    return {
      key: this.#key(),
      value: this.#pick([undefined, ...["v1", "v2", "v3"].map(base64)]),
      prev_kv: this.#pick([undefined, true]),
      ignore_value: this.#chance(0.08),
      ignore_lease: this.#chance(0.08),
      lease: this.#chance(0.05) ? "77" : undefined,
    };
  }

  #deleteRange(openEnded: boolean): Fields {
    const end = this.#chance(0.6) ? undefined : this.#end();
    return {
      key: this.#key(),
      range_end: end === everyKeyFrom && !openEnded ? undefined : end,
      prev_kv: this.#pick([undefined, true]),
    };
  }

  /** Of revisions that are there, and some that are not. The first compaction at 0 is granted by etcd and refused by us. */
  #compaction(): Fields {
    const revision = this.#pick([
      -1,
      1_000_000,
      ...Array.from({ length: 6 }, () => 1 + Math.floor(this.#random() * 300)),
    ]);
    return { revision, physical: this.#pick([undefined, true]) };
  }

  #compare(): Fields {
    const fields = {
      VERSION: "version",
      CREATE: "create_revision",
      MOD: "mod_revision",
      LEASE: "lease",
      VALUE: "value",
    };
    const targets = Object.keys(fields) as (keyof typeof fields)[];
    const target = this.#pick(targets);
    const given = fields[this.#chance(0.95) ? target : this.#pick(targets)];
    const operand = given === "value" ? this.#pick(["v1", "v2", ""].map(base64)) : this.#pick([0, 1, 2, 3, 5, 10]);
    return {
      result: this.#pick([undefined, "EQUAL", "GREATER", "LESS", "NOT_EQUAL"]),
      target,
      key: this.#key(),
      range_end: this.#chance(0.2) ? this.#end() : undefined,
      ...(this.#chance(0.85) ? { [given]: operand } : {}),
    };
  }

  #operation(depth: number): Fields {
    const draw = this.#random();
    if (draw < 0.35) return { request_range: this.#range() };
    if (draw < 0.65) return { request_put: this.#put() };
    // Where a transaction deletes every key from one on, etcd overlooks puts in that range; we do not.
    if (draw < 0.85) return { request_delete_range: this.#deleteRange(false) };
    if (draw < 0.98 && depth > 0) return { request_txn: this.#txn(depth - 1) };
    return this.#chance(0.1) ? {} : { request_range: this.#range() };
  }

  #txn(depth: number): Fields {
    return {
      compare: this.#many(2, () => this.#compare()),
      success: this.#many(3, () => this.#operation(depth)),
      failure: this.#many(3, () => this.#operation(depth)),
    };
  }
}
