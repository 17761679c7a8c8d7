import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { create, toBinary, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import type { StreamCall, StreamHandler } from "@quorate/grpc";
import { messageTypes } from "../src/gateway/message-types.ts";
import { gatewayPaths } from "../src/gateway/paths.ts";
import { LeaseKeepAliveRequestSchema, RangeRequestSchema } from "../src/generated/etcdserverpb/rpc_pb.ts";
import { LeaderRequestSchema } from "../src/generated/v3electionpb/v3election_pb.ts";
import { LeaderRequirement } from "../src/leader/leader-requirement.ts";
import { fakeMember } from "./support/fake-member.ts";
import { failure, serveFake, type Served } from "./support/serve-fake.ts";
import { WatchClient } from "./support/watch-client.ts";

const noLeader = [14, "etcdserver: no leader"] as const;
const asBytes = (message: Uint8Array): Buffer => Buffer.from(message);
const key = Buffer.from("k");

function metadata(hasleader?: string): Metadata {
  const sent = new Metadata();
  if (hasleader !== undefined) sent.set("hasleader", hasleader);
  return sent;
}

/** Asks without looking at what the messages say. */
class Caller {
  readonly #client: Client;

  constructor(context: TestContext, url: string) {
    this.#client = new Client(new URL(url).host, credentials.createInsecure(), { "grpc.enable_retries": 0 });
    context.after(() => this.#client.close());
  }

  /** Any method at all, as if it streamed: the error that ends the call; undefined for none. */
  ask(path: string, message: Uint8Array, sent: Metadata): Promise<readonly [number, string] | undefined> {
    return new Promise((resolve) => {
      const call = this.#client.makeServerStreamRequest(path, asBytes, asBytes, message, sent);
      call.on("data", () => {});
      call.on("error", ({ code, details }: ServiceError) => resolve([code, details]));
      call.on("end", () => resolve(undefined));
    });
  }

  /** A stream that stays open on the client's side. */
  open<T extends DescMessage>(path: string, type: T, message: MessageInitShape<T>, sent: Metadata) {
    const call = this.#client.makeBidiStreamRequest(path, asBytes, asBytes, sent);
    const told: { answers: number; error: readonly [number, string] | undefined } = { answers: 0, error: undefined };
    const ended = new Promise<void>((resolve) => {
      call.on("error", ({ code, details }: ServiceError) => {
        told.error = [code, details];
        resolve();
      });
    });
    const answered = new Promise<void>((resolve) => {
      call.on("data", () => {
        told.answers++;
        resolve();
      });
    });
    call.write(toBinary(type, create(type, message)));
    return { told, ended, answered, cancel: () => call.cancel() };
  }
}

function electionTimeout({ replica }: Pick<Served, "replica">, electionTimeoutMs: number): void {
  const timing = { electionTimeoutMs, clockDriftPpm: 10_000 };
  replica.change({ configuration: { ...replica.status.configuration, timing } });
}

test("every call of every service that wants a leader is refused at once without one", async (context) => {
  const served = await serveFake(context);
  const caller = new Caller(context, served.url);
  served.replica.change({ leader: 0 });
  const nothing = new Uint8Array(0);
  for (const path of [...messageTypes.keys(), "/quorate.v1.Admin/Describe"]) {
    assert.deepEqual(await caller.ask(path, nothing, metadata("true")), noLeader, path);
  }
  const range = toBinary(RangeRequestSchema, create(RangeRequestSchema, { key, serializable: true }));
  // Whoever says nothing of it, or something else, is answered as ever.
  for (const said of [undefined, "false", "TRUE"]) {
    assert.equal(await caller.ask("/etcdserverpb.KV/Range", range, metadata(said)), undefined, String(said));
  }
  served.replica.change({ leader: 7 });
  assert.equal(await caller.ask("/etcdserverpb.KV/Range", range, metadata("true")), undefined);
});

test("the gateway passes the wish on, as etcd's does", async (context) => {
  const { url, replica } = await serveFake(context);
  replica.change({ leader: 0 });
  for (const path of gatewayPaths.keys()) {
    const answer = await fetch(url + path, {
      method: "POST",
      body: "{}",
      headers: { "Grpc-Metadata-hasleader": "true" },
    });
    const body = (await answer.json()) as { message: string; code: number };
    assert.deepEqual([answer.status, body.code, body.message], [503, ...noLeader], path);
  }
  const body = JSON.stringify({ key: key.toString("base64"), serializable: true });
  // A header of that name alone is none of gRPC's metadata.
  const answer = await fetch(`${url}/v3/kv/range`, { method: "POST", body, headers: { hasleader: "true" } });
  assert.equal(answer.status, 200);
});

test("streams of every service end three election timeouts after the leader was last known, if they want one", async (context) => {
  const served = await serveFake(context);
  electionTimeout(served, 20);
  const caller = new Caller(context, served.url);
  const begin = (sent: Metadata) => [
    caller.open("/etcdserverpb.Lease/LeaseKeepAlive", LeaseKeepAliveRequestSchema, { ID: 5n }, sent),
    caller.open("/v3electionpb.Election/Observe", LeaderRequestSchema, { name: key }, sent),
  ];
  const wanting = begin(metadata("true"));
  const patient = begin(metadata());
  const watch = new WatchClient(context, new URL(served.url).host, { hasleader: "true" });
  watch.create({ key: "k" });
  await Promise.all([wanting[0]?.answered, patient[0]?.answered, watch.next()]);
  served.replica.change({ leader: 0 });
  await Promise.all(wanting.map(({ ended }) => ended));
  assert.deepEqual(
    wanting.map(({ told }) => told.error),
    [noLeader, noLeader],
  );
  assert.deepEqual(await watch.failure(), noLeader);
  assert.deepEqual(
    patient.map(({ told }) => told.error),
    [undefined, undefined],
  );
  // They serve on.
  const [renewing] = patient;
  assert.equal(renewing?.told.answers, 1);
  for (const { cancel } of patient) cancel();
});

/** A call that nobody is at the other end of. */
function fakeCall(): { readonly call: StreamCall; readonly ends: string[] } {
  const ends: string[] = [];
  const call = {
    path: "/a.B/C",
    cancelled: false,
    metadata: (name: string) => (name === "hasleader" ? "true" : undefined),
    end: ({ message }: { message: string }) => void ends.push(message),
  };
  return { call: call as unknown as StreamCall, ends };
}

test("a stream is ended once, by whoever comes first, and the method is told as if its client had gone", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { replica } = await fakeMember();
  electionTimeout({ replica }, 100);
  const requirement = new LeaderRequirement(replica);
  context.after(() => requirement.stop());
  const seen: { call: StreamCall; cancelled: number }[] = [];
  const [method] = requirement.over([
    {
      kind: "bidi-stream",
      path: "/a.B/C",
      open: (call): StreamHandler => {
        const one = { call, cancelled: 0 };
        seen.push(one);
        return { onMessage: () => {}, onEnd: () => {}, onCancel: () => void one.cancelled++ };
      },
    },
  ]);
  assert.ok(method?.kind === "bidi-stream");
  const [left, finished, cut] = [fakeCall(), fakeCall(), fakeCall()];
  method.open(left.call).onCancel?.();
  method.open(finished.call);
  seen[1]?.call.end({ code: 0, message: "of itself" });
  method.open(cut.call);
  replica.change({ leader: 0 });
  context.mock.timers.tick(299);
  replica.change({ term: 4 });
  assert.deepEqual(cut.ends, []);
  context.mock.timers.tick(1);
  assert.deepEqual([left.ends, finished.ends, cut.ends], [[], ["of itself"], ["etcdserver: no leader"]]);
  assert.deepEqual(
    seen.map(({ cancelled }) => cancelled),
    [1, 0, 1],
  );
  assert.equal(seen[2]?.call.cancelled, true);
  replica.change({ leader: 8 });
  const again = fakeCall();
  method.open(again.call);
  replica.change({ leader: 0 });
  context.mock.timers.tick(200);
  // A leader that is known again begins the time anew.
  replica.change({ leader: 8 });
  replica.change({ leader: 0 });
  context.mock.timers.tick(299);
  assert.deepEqual(again.ends, []);
  context.mock.timers.tick(1);
  assert.deepEqual([again.ends, cut.ends.length], [["etcdserver: no leader"], 1]);
});

test("without a leader, whoever does not ask for one waits for it, and fails in the words of what was waited for", async (context) => {
  const { client, replica } = await serveFake(context);
  replica.change({ leader: 0 });
  replica.failsWith = "timeout";
  const asked = client.call("KV/Range", RangeRequestSchema, RangeRequestSchema, { key });
  assert.deepEqual(await failure(asked), [14, "etcdserver: request timed out"]);
});
