import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import {
  CompactionRequestSchema,
  CompactionResponseSchema,
  DeleteRangeRequestSchema,
  DeleteRangeResponseSchema,
  PutRequestSchema,
  PutResponseSchema,
  TxnRequestSchema,
  TxnResponseSchema,
} from "../src/generated/etcdserverpb/rpc_pb.ts";
import { etcdIsInstalled, startEtcd } from "./support/real-etcd.ts";
import { EtcdClient, serveFake } from "./support/serve-fake.ts";
import { eventText, responseText, WatchClient, type WatchWish } from "./support/watch-client.ts";

const skip = (await etcdIsInstalled()) ? false : "etcd is not installed";
if (skip !== false && process.env["CI"] === "true") throw new Error(`${skip}: nothing to compare with`);

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** A small generator, so that the seed says everything. */
function drawing(seed: number) {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return { below, pick: <T>(choices: readonly T[]): T => choices[below(choices.length)] as T };
}

const keys = ["a", "ab", "b", "c", "d", "\0", "z"];
const ends = ["", "", "b", "c", "e", "\0", "a"];

/** One server under test: what is asked of it, and what its watches say. */
class Side {
  readonly watches: WatchClient;
  readonly #client: EtcdClient;

  constructor(endpoint: string, watches: WatchClient) {
    this.#client = new EtcdClient(endpoint);
    this.watches = watches;
  }

  async put(key: string, value: string): Promise<void> {
    await this.#client.call("KV/Put", PutRequestSchema, PutResponseSchema, { key: bytes(key), value: bytes(value) });
  }

  async remove(key: string, rangeEnd: string): Promise<void> {
    const request = { key: bytes(key), rangeEnd: bytes(rangeEnd) };
    await this.#client.call("KV/DeleteRange", DeleteRangeRequestSchema, DeleteRangeResponseSchema, request);
  }

  async txn(puts: readonly string[], removes: string): Promise<void> {
    const success = [
      ...puts.map((key) => ({
        request: { case: "requestPut" as const, value: { key: bytes(key), value: bytes("txn") } },
      })),
      { request: { case: "requestDeleteRange" as const, value: { key: bytes(removes) } } },
    ];
    await this.#client.call("KV/Txn", TxnRequestSchema, TxnResponseSchema, { success });
  }

  async compact(revision: number): Promise<void> {
    const request = { revision: BigInt(revision), physical: true };
    await this.#client.call("KV/Compact", CompactionRequestSchema, CompactionResponseSchema, request).catch(() => {});
  }

  /** What each watch said, but for how events were put together to messages. */
  said(): Record<string, string[]> {
    const said: Record<string, string[]> = {};
    for (const response of this.watches.responses) {
      const its = (said[String(response.watchId)] ??= []);
      if (response.events.length === 0) its.push(responseText(response));
      else its.push(...response.events.map(eventText));
    }
    return said;
  }

  close(): void {
    this.#client.close();
  }
}

test("a hundred and fifty drawn steps with watches are answered as etcd answers them", { skip }, async (context) => {
  const sides = [(await serveFake(context)).url, await startEtcd(context)].map((url) => {
    const endpoint = url.replace("http://", "");
    return new Side(endpoint, new WatchClient(context, endpoint));
  });
  const [ours, theirs] = sides as [Side, Side];
  context.after(() => sides.forEach((side) => side.close()));
  const { below, pick } = drawing(Number(process.env["QUORATE_SEED"] ?? 7));
  let changes = 1;
  const both = async (act: (side: Side) => unknown): Promise<void> => {
    await Promise.all(sides.map(act));
  };
  const steps: [number, () => Promise<void>][] = [
    [
      40,
      async () => {
        const [key, value] = [pick(keys), String(changes)];
        changes++;
        await both((side) => side.put(key, value));
      },
    ],
    [
      15,
      async () => {
        const [key, end] = [pick(keys), pick(ends)];
        await both((side) => side.remove(key, end));
      },
    ],
    [
      10,
      async () => {
        const removed = pick(keys);
        const puts = keys.filter((key) => key !== removed && below(3) === 0);
        changes++;
        await both((side) => side.txn(puts, removed));
      },
    ],
    [
      25,
      async () => {
        const wish: WatchWish = {
          key: pick([...keys, ""]),
          rangeEnd: pick(ends),
          startRevision: BigInt(pick([0, 0, 1, Math.max(1, changes - below(20)), changes + below(5)])),
          prevKv: below(2) === 0,
          filters: pick([[], [], [], [0], [1], [0, 1]]),
          watchId: BigInt(pick([0, 0, 0, below(40)])),
        };
        await both((side) => side.watches.create(wish));
      },
    ],
    [
      8,
      async () => {
        const id = BigInt(below(30));
        await both((side) => side.watches.cancelWatch(id));
      },
    ],
    [
      2,
      async () => {
        const revision = changes - below(15);
        await both((side) => side.compact(revision));
      },
    ],
  ];
  const total = steps.reduce((sum, [weight]) => sum + weight, 0);
  for (let step = 0; step < 150; step++) {
    let drawn = below(total);
    const chosen = steps.find(([weight]) => (drawn -= weight) < 0);
    await chosen?.[1]();
    await bothSaySame(ours, theirs, step);
  }
  assert.ok(ours.watches.responses.length > 150, "watches were told next to nothing");
});

async function bothSaySame(ours: Side, theirs: Side, step: number): Promise<void> {
  // Each may be later than the other.
  for (let waited = 0; waited < 3000; waited += 10) {
    if (JSON.stringify(ours.said()) === JSON.stringify(theirs.said())) {
      if (waited > 0) return;
    }
    await delay(10);
  }
  assert.deepEqual(ours.said(), theirs.said(), `after step ${step}`);
}
