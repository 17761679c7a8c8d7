import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Cluster } from "../harness/cluster.ts";
import { freePorts } from "../harness/free-ports.ts";
import { Operator } from "../harness/membership.ts";
import { MemberProcess } from "../harness/member-process.ts";
import { runQuorate } from "../harness/quorate-command.ts";
import { until } from "../harness/until.ts";

const stackTrace = /^\s+at .*\(?(file:|node:)/m;

const badCalls: readonly { what: string; args: readonly string[]; code: number; says: RegExp }[] = [
  { what: "no such command", args: ["sreve"], code: 2, says: /unknown command 'sreve'/ },
  { what: "no such flag", args: ["serve", "--nmae", "a"], code: 2, says: /unknown option '--nmae'/ },
  { what: "a flag without its value", args: ["serve", "--name"], code: 2, says: /argument missing/ },
  {
    what: "a URL that is none",
    args: ["serve", "--listen-client-urls", "nonsense"],
    code: 2,
    says: /"nonsense" is not a URL.*--listen-client-urls/,
  },
  {
    what: "a cluster without this member",
    args: ["serve", "--name", "x", "--initial-cluster", "y=http://localhost:2380"],
    code: 2,
    says: /no member named "x"/,
  },
  {
    what: "a config file that is absent",
    args: ["serve", "--config-file", "/no/such/file.yaml"],
    code: 2,
    says: /cannot be read/,
  },
  { what: "a number that is none", args: ["get", "key", "--limit", "many"], code: 2, says: /whole number/ },
  {
    what: "an unknown consistency",
    args: ["get", "key", "--consistency", "maybe"],
    code: 2,
    says: /Allowed choices are/,
  },
  {
    what: "a bad endpoint",
    args: ["get", "key", "--endpoints", "nowhere"],
    code: 2,
    says: /"nowhere" is not an endpoint/,
  },
  { what: "too many members", args: ["dev", "--members", "99"], code: 2, says: /from 1 to 9/ },
  { what: "hexadecimal that is none", args: ["put", "zz", "00", "--hex"], code: 2, says: /hexadecimal/ },
  {
    what: "nobody at the endpoint",
    args: ["get", "key", "--endpoints", "127.0.0.1:1"],
    code: 1,
    says: /127\.0\.0\.1:1: connection refused/,
  },
  {
    what: "a cluster to join that nobody serves",
    args: ["join", "http://127.0.0.1:1", "--data-dir", "/nonexistent-quorate-data"],
    code: 1,
    says: /127\.0\.0\.1:1: connection refused/,
  },
  {
    what: "a change of members that nobody takes",
    args: ["members", "set", "a,b", "--endpoints", "127.0.0.1:1"],
    code: 1,
    says: /connection refused/,
  },
  {
    what: "a member without a name",
    args: ["member", "add", "", "http://127.0.0.1:1", "--endpoints", "127.0.0.1:1"],
    code: 2,
    says: /no name for a member/,
  },
  {
    what: "a name for a member that lists would take for two",
    args: ["member", "add", "a,b", "http://127.0.0.1:1", "--endpoints", "127.0.0.1:1"],
    code: 2,
    says: /without commas/,
  },
  {
    what: "a backup that is not there",
    args: ["snapshot", "status", "/nonexistent-backup"],
    code: 1,
    says: /no sound backup.*no such file/,
  },
  {
    what: "nothing to be changed",
    args: ["timing", "set", "--endpoints", "127.0.0.1:1"],
    code: 2,
    says: /--election-timeout, --clock-drift/,
  },
];

for (const { what, args, code, says } of badCalls) {
  test(`the command says what is wrong: ${what}`, async () => {
    const ended = await runQuorate(args);
    assert.equal(ended.code, code, ended.stderr);
    assert.match(ended.stderr, says);
    assert.doesNotMatch(ended.stderr, stackTrace);
  });
}

test("--help and --version answer on standard output", async () => {
  const help = await runQuorate(["serve", "--help"]);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /--initial-cluster-token/);
  const version = await runQuorate(["--version"]);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
});

test("a data directory in use is refused, and its member goes on", async (context) => {
  const cluster = await Cluster.start(context, { members: 1 });
  const member = cluster.member(0);
  const [client, peer] = await freePorts(2);
  const second = await runQuorate([
    ...member.arguments.filter((argument) => !/^--(listen|advertise|initial-adv|initial-cluster=)/.test(argument)),
    `--listen-client-urls=http://127.0.0.1:${client}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${member.options.peerPort}`,
    `--initial-cluster=${member.options.initialCluster}`,
  ]);
  assert.equal(second.code, 1, second.stderr);
  assert.match(second.stderr, /in use|locked|another process/i);
  assert.doesNotMatch(second.stderr, stackTrace);
  await cluster.client(0).put("still", "here");
});

test("a data directory of another cluster is refused", async (context) => {
  const cluster = await Cluster.start(context, { members: 1 });
  const member = cluster.member(0);
  await member.stop();
  const other = await runQuorate(
    member.arguments.map((argument) => (argument.includes("token") ? "--initial-cluster-token=another" : argument)),
  );
  assert.equal(other.code, 1, other.stderr);
  assert.match(other.stderr, /belongs to|another cluster/i);
  assert.doesNotMatch(other.stderr, stackTrace);
  member.start();
  await cluster.untilServing();
});

test("a member that is to join is refused in words where it was not added, or belongs elsewhere", async (context) => {
  const cluster = await Cluster.start(context, { members: 1 });
  const newcomer = cluster.member(await cluster.newMember([cluster.member(0).endpoint]));
  const { peerUrl } = newcomer;
  const initialCluster = `m1=${cluster.member(0).peerUrl},m2=${peerUrl}`;
  const existing = newcomer.arguments.slice(2).concat(`--initial-cluster=${initialCluster}`);
  const notAdded = await runQuorate(["serve", ...existing, "--initial-cluster-state=existing"]);
  assert.equal(notAdded.code, 1, notAdded.stderr);
  assert.match(notAdded.stderr, /has no member at .*Add it first/);
  assert.doesNotMatch(notAdded.stderr, stackTrace);

  newcomer.start();
  const operator = new Operator(cluster);
  await until("it votes", 20_000, async () => ((await operator.voters()).includes("m2") ? true : undefined));
  await newcomer.stop();
  const other = await Cluster.start(context, { members: 1 });
  const elsewhere = newcomer.arguments.with(1, `http://${other.member(0).endpoint}`);
  const refused = await runQuorate(elsewhere);
  assert.equal(refused.code, 1, refused.stderr);
  assert.match(refused.stderr, /belongs to a member of cluster/);
  assert.doesNotMatch(refused.stderr, stackTrace);
});

test("a data directory that is a file, and a port that is taken, are clear errors", async (context) => {
  const cluster = await Cluster.start(context, { members: 1 });
  const path = join(cluster.folder, "a-file");
  writeFileSync(path, "not a folder");
  const [client, peer] = await freePorts(2);
  const urls = [
    `--listen-client-urls=http://127.0.0.1:${client}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
  ];
  const onFile = await runQuorate(["serve", `--data-dir=${path}`, ...urls]);
  assert.equal(onFile.code, 1, onFile.stderr);
  assert.ok(onFile.stderr.includes(path), onFile.stderr);
  assert.doesNotMatch(onFile.stderr, stackTrace);

  const taken = `http://${cluster.member(0).endpoint}`;
  const onTakenPort = await runQuorate([
    "serve",
    `--data-dir=${join(cluster.folder, "fresh")}`,
    ...urls.slice(1),
    `--listen-client-urls=${taken}`,
  ]);
  assert.equal(onTakenPort.code, 1, onTakenPort.stderr);
  assert.match(onTakenPort.stderr, /in use/);
  assert.doesNotMatch(onTakenPort.stderr, stackTrace);
});

test("a request over 1.5 MiB is refused with etcd's words; the next one is served", async (context) => {
  const cluster = await Cluster.start(context, { members: 1 });
  const client = cluster.client(0);
  await assert.rejects(client.put("large", "x".repeat(1.5 * 1024 * 1024 + 1)), /etcdserver: request is too large/);
  await client.put("large", "x".repeat(1_400_000));
  assert.equal((await client.get("large"))?.length, 1_400_000);
});

test("garbage and broken frames on either port close that connection and nothing else", async (context) => {
  const cluster = await Cluster.start(context);
  const state = await cluster.client(0).state();
  for (const member of cluster.members) {
    const pid = member.pid;
    for (const port of [member.options.clientPort, member.options.peerPort]) {
      for (const bytes of brokenInputs()) await sendAndForget(port, bytes);
    }
    assert.equal(member.pid, pid, "the process is the same");
  }
  for (const client of cluster.clients) await client.put("still", "serving");
  const after = await cluster.client(0).state();
  assert.deepEqual([after.term, after.leader], [state.term, state.leader]);
  const refused = cluster.members.map((member) => member.log).join("");
  assert.match(refused, /refused|malformed|invalid/i, "the log says that somebody was refused");
});

/** What a stranger, a port scanner or a broken network may send. */
function brokenInputs(): readonly Uint8Array[] {
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const frame = (length: number, type: number, payload: Uint8Array) =>
    Buffer.concat([Buffer.from([length >> 16, length >> 8, length, type, 0, 0, 0, 0, 1]), payload]);
  return [
    Buffer.alloc(0),
    Buffer.from([0]),
    randomBytes(64),
    randomBytes(100_000),
    Buffer.alloc(100_000),
    Buffer.alloc(4096, 0xff),
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    Buffer.from("POST /v3/kv/put HTTP/1.1\r\nContent-Length: nonsense\r\n\r\n"),
    Buffer.from("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003", "latin1"),
    Buffer.concat([preface, randomBytes(1000)]),
    Buffer.concat([preface, frame(0xffffff, 0, randomBytes(100))]),
    Buffer.concat([preface, frame(5, 4, Buffer.from([1, 2, 3, 4, 5]))]),
    Buffer.concat([preface, frame(0, 4, Buffer.alloc(0)), frame(8, 1, randomBytes(8))]),
  ];
}

/** Sends, waits a moment for the answer or the end, and goes away without farewell. */
async function sendAndForget(port: number, bytes: Uint8Array): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1" });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => {});
  socket.resume().write(bytes);
  await Promise.race([closed, delay(100)]);
  socket.resetAndDestroy();
  await closed;
}

test("a member of another cluster is refused, and both sides say why", async (context) => {
  const cluster = await Cluster.start(context);
  const before = await cluster.client(0).state();
  const [client = 0, peer = 0] = await freePorts(2);
  const { options } = cluster.member(0);
  const stranger = new MemberProcess({
    ...options,
    name: "stranger",
    dataDir: join(cluster.folder, "stranger"),
    logPath: join(cluster.folder, "logs", "stranger.log"),
    clientPort: client,
    peerPort: peer,
    advertisedPeerPort: peer,
    // It believes in a cluster of four, at the addresses of a cluster of three.
    initialCluster: `${options.initialCluster},stranger=http://127.0.0.1:${peer}`,
  });
  context.after(() => stranger.kill());
  stranger.start();
  await until("both sides have logged the refusal", 20_000, async () => {
    const refusal = /refused.*cluster|cluster.*refused/i;
    return refusal.test(stranger.log) && cluster.members.some(({ log }) => refusal.test(log)) ? true : undefined;
  });
  assert.notEqual(stranger.pid, undefined, "the stranger goes on trying");
  const after = await cluster.client(0).state();
  assert.deepEqual([after.term, after.leader], [before.term, before.leader]);
});
