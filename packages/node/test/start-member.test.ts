import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { HostError } from "@quorate/host";
import { ReplicaStartError, startMember, type Member, type MemberOptions } from "../src/index.ts";

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "quorate-node-"));
});
after(() => rm(root, { recursive: true, force: true }));

/** Members that run; what a failed test leaves open is closed after it. */
const open = new Set<Member<string>>();
afterEach(async () => {
  await Promise.all([...open].map(close));
});

async function start(options: MemberOptions<string>): Promise<Member<string>> {
  const member = await startMember(options);
  open.add(member);
  return member;
}

async function close(member: Member<string>): Promise<void> {
  open.delete(member);
  await member.close();
}

async function boundServers(count: number): Promise<{ servers: Server[]; urls: Record<number, string> }> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const urls = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return { servers, urls: Object.fromEntries(urls.map((url, at) => [at + 1, url])) };
}

/** URLs whose ports were free a moment ago, all at once. */
async function freeUrls(count: number): Promise<Record<number, string>> {
  const { servers, urls } = await boundServers(count);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return urls;
}

/** A text that commands are appended to. */
class Text {
  value = "";

  options(directory: string, id: number, members: Record<number, string>): MemberOptions<string> {
    return {
      id,
      members,
      directory: join(root, directory, String(id)),
      timing: { electionTimeoutMs: 400 },
      state: {
        apply: (command) => (this.value += Buffer.from(command).toString()),
        snapshot: () => Buffer.from(this.value),
        restore: (snapshot) => {
          this.value = Buffer.from(snapshot).toString();
        },
      },
    };
  }
}

test("three members over real sockets and files write through any of them, close, and go on", async () => {
  const urls = await freeUrls(3);
  const ids = [1, 2, 3];
  let texts = ids.map(() => new Text());
  const startAll = (): Promise<Member<string>[]> =>
    Promise.all(ids.map((id, at) => start((texts[at] as Text).options("three", id, urls))));

  let members = await startAll();
  await Promise.all(members.map((member) => member.read()));
  await Promise.all(members.map((member, at) => member.submit(Buffer.from(String(at)))));
  for (const [at, member] of members.entries()) {
    await member.read();
    assert.equal((texts[at] as Text).value.length, 3);
    assert.equal((texts[at] as Text).value, (texts[0] as Text).value, "the same order everywhere");
  }
  const { status } = members[0] as Member<string>;
  assert.deepEqual(status.configuration.voters, ids);
  assert.ok(status.syncMs > 0);
  const written = (texts[0] as Text).value;
  await Promise.all(members.map(close));

  texts = ids.map(() => new Text());
  members = await startAll();
  // A read waits for a leader as long as its time lasts.
  await (members[2] as Member<string>).read();
  assert.equal((texts[2] as Text).value, written);
  assert.equal(await (members[2] as Member<string>).submit(Buffer.from("x")), `${written}x`);
  await Promise.all(members.map(close));
});

test("a member joins a cluster that runs, votes once it has caught up, leads when asked, and the first one leaves", async () => {
  const urls = await freeUrls(2);
  const first = urls[1] as string;
  const second = urls[2] as string;
  const one = await start(new Text().options("joined", 1, { 1: first }));
  await one.submit(Buffer.from("a"));
  const { clusterId } = one.status;
  const joining = { ...new Text().options("joined", 2, urls), isJoining: true };
  await assert.rejects(startMember(joining), /needs the clusterId/);
  await one.change({ kind: "add", member: { id: 2, name: "two", peerUrls: [second] }, isPromotable: true });
  const text = new Text();
  const options = { ...text.options("joined", 2, urls), isJoining: true, clusterId };
  let two = await start(options);
  await until(() => two.status.configuration.voters.includes(2));
  assert.equal(await two.submit(Buffer.from("b")), "ab");
  await close(two);
  two = await start(options);
  await two.read();
  await assert.rejects(two.change({ kind: "remove", id: 9 }), { code: "refused", refusal: "unknown-member" });
  await until(() => two.status.leader !== 0);
  await two.transferLeadership(2);
  assert.equal(two.status.role, "leader");
  const { voters } = await two.change({ kind: "remove", id: 1 });
  assert.deepEqual(voters, [2]);
  await close(one);
  assert.equal(await two.submit(Buffer.from("c")), "abc");
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, "waited in vain");
    await delay(10);
  }
}

test("a directory in use is refused, and free again after the close", async () => {
  const urls = await freeUrls(1);
  const text = new Text();
  const member = await start(text.options("locked", 1, urls));
  await assert.rejects(startMember(new Text().options("locked", 1, urls)), (error: unknown) => {
    return error instanceof HostError && error.code === "locked";
  });
  assert.equal(await member.submit(Buffer.from("a")), "a");
  await close(member);
  await close(await start(new Text().options("locked", 1, urls)));
});

test("an address in use is refused with its cause, and the directory is let go", async () => {
  const { servers, urls } = await boundServers(1);
  await assert.rejects(startMember(new Text().options("address", 1, urls)), (error: unknown) => {
    assert.ok(error instanceof ReplicaStartError && error.code === "network", String(error));
    return error.cause instanceof HostError && error.cause.code === "address-in-use";
  });
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  await close(await start(new Text().options("address", 1, urls)));
});

test("a directory of another cluster is refused", async () => {
  const urls = await freeUrls(1);
  await close(await start(new Text().options("other", 1, urls)));
  const options = { ...new Text().options("other", 1, urls), clusterId: 77 };
  await assert.rejects(startMember(options), (error: unknown) => {
    return error instanceof ReplicaStartError && error.code === "log" && /cluster/.test(error.message);
  });
});

test("an id without an address, or with one that is none, is refused before anything is touched", async () => {
  for (const members of [{}, { 1: "nowhere" }, { 1: "http://host-without-port" }, { 2: "http://127.0.0.1:1" }]) {
    await assert.rejects(startMember(new Text().options("none", 1, members)), (error: unknown) => {
      return error instanceof ReplicaStartError && error.code === "invalid-option";
    });
  }
});

test("a state machine of one's own is made on the member's host; when that fails, nothing stays open", async () => {
  const urls = await freeUrls(1);
  const options = new Text().options("own", 1, urls);
  const state = (): Promise<never> => Promise.reject(new Error("no state today"));
  await assert.rejects(startMember({ ...options, state }), /no state today/);
  await close(await start(options));
});
