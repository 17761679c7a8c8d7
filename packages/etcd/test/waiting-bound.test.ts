import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import type { Call, GrpcStatus, StreamCall, StreamHandler } from "@quorate/grpc";
import { concurrencyMethods } from "../src/concurrency/concurrency-methods.ts";
import type { WaitingLimits } from "../src/concurrency/waiting-calls.ts";
import { CampaignRequestSchema, LeaderRequestSchema } from "../src/generated/v3electionpb/v3election_pb.ts";
import { LockRequestSchema } from "../src/generated/v3lockpb/v3lock_pb.ts";
import { fakeMember, type FakeMember } from "./support/fake-member.ts";
import { until } from "./support/until.ts";

const tooMany = { code: 8, message: "etcdserver: too many requests" };

/** A call under way: what it was answered, and whether its client is still there. */
interface UnderWay {
  readonly call: { cancelled: boolean };
  readonly status: () => GrpcStatus | undefined;
}

/** The services by themselves, without sockets. */
class Services {
  readonly #methods: ReturnType<typeof concurrencyMethods>;

  constructor({ admission }: FakeMember, limits: WaitingLimits) {
    this.#methods = concurrencyMethods(admission, limits);
  }

  ask<T extends DescMessage>(path: string, type: T, message: MessageInitShape<T>): UnderWay {
    const method = this.#methods.find((one) => one.path === path);
    let status: GrpcStatus | undefined;
    const call = { path, cancelled: false, metadata: () => undefined, clientName: undefined };
    const bytes = toBinary(type, create(type, message));
    const end = ({ code, message: why }: GrpcStatus): void => void (status = { code, message: why });
    if (method?.kind === "unary") method.handle(call as unknown as Call, bytes, end);
    else method?.open({ ...call, end, send: () => true } as unknown as StreamCall).onMessage(bytes);
    return { call, status: () => status };
  }

  lock(name: string, lease: bigint): UnderWay {
    return this.ask("/v3lockpb.Lock/Lock", LockRequestSchema, { name: Buffer.from(name), lease });
  }

  campaign(name: string, lease: bigint): UnderWay {
    return this.ask("/v3electionpb.Election/Campaign", CampaignRequestSchema, { name: Buffer.from(name), lease });
  }

  /** Gives its handler: what the client does. */
  observe(name: string, end: (status: GrpcStatus) => void): StreamHandler {
    const method = this.#methods.find(({ path }) => path.endsWith("Observe"));
    assert.ok(method?.kind === "server-stream");
    const call = { metadata: () => undefined, end, send: () => true } as unknown as StreamCall;
    const handler = method.open(call);
    handler.onMessage(toBinary(LeaderRequestSchema, create(LeaderRequestSchema, { name: Buffer.from(name) })));
    return handler;
  }
}

const nothingElse = { maxRequestBytes: 1_000_000 };

test("beyond so many calls that wait for others, more are refused before they claim anything", async () => {
  const member = await fakeMember();
  const services = new Services(member, { maxCalls: 3, ...nothingElse });
  const owner = services.lock("a", 0n);
  await until("the first one owns it", () => owner.status() !== undefined);
  const waiting = [services.lock("a", 0n), services.campaign("b", 0n), services.campaign("b", 0n)];
  await until("one leads", () => waiting[1]?.status()?.code === 0);
  waiting.push(services.campaign("b", 0n));
  await until("all claim", () => member.store.keyCount === 5);
  const before = member.replica.proposals;
  for (const refused of [services.lock("c", 0n), services.campaign("c", 0n)]) {
    assert.deepEqual(refused.status(), tooMany);
  }
  const observed: GrpcStatus[] = [];
  services.observe("b", (status) => observed.push(status));
  assert.deepEqual(
    observed.map(({ code, message }) => ({ code, message })),
    [tooMany],
  );
  assert.equal(member.replica.proposals, before, "no lease, no key");
  // Whoever goes away makes room.
  const [first] = waiting;
  if (first !== undefined) first.call.cancelled = true;
  await until("it is let go", () => first?.status() !== undefined);
  const next = services.lock("c", 0n);
  await until("there is room", () => next.status()?.code === 0);
});

test("an observer counts for as long as it is there", async () => {
  const member = await fakeMember();
  const services = new Services(member, { maxCalls: 1, ...nothingElse });
  const observer = services.observe("a", () => {});
  assert.deepEqual(services.lock("a", 0n).status(), tooMany);
  observer.onCancel?.();
  const lock = services.lock("a", 0n);
  await until("there is room", () => lock.status()?.code === 0);
});

test("the bytes of their requests are bounded too, but for one alone", async () => {
  const member = await fakeMember();
  const services = new Services(member, { maxCalls: 10, maxRequestBytes: 1000 });
  const name = "n".repeat(2000);
  const alone = services.lock(name, 0n);
  assert.deepEqual(services.lock("x", 0n).status(), tooMany);
  await until("it owns it", () => alone.status()?.code === 0);
  const [one, two] = [services.lock("n".repeat(600), 0n), services.lock("m".repeat(600), 0n)];
  assert.deepEqual(two.status(), tooMany);
  await until("the first is not refused", () => one.status()?.code === 0);
});

test("what fails gives its place back", async () => {
  const member = await fakeMember({ maxRequestBytes: 100 });
  const services = new Services(member, { maxCalls: 1, ...nothingElse });
  for (let round = 0; round < 3; round++) {
    const tooLong = services.lock("n".repeat(200), 0n);
    await until("it is refused as too large", () => tooLong.status()?.code === 3);
    const withoutLease = services.campaign("a", 99n);
    await until("it is refused for its lease", () => withoutLease.status()?.code === 5);
  }
});
