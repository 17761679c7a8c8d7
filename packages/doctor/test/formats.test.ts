import assert from "node:assert/strict";
import { test } from "node:test";
import { Phrasebook, Examination, type LogFormat } from "../src/index.ts";
import { decode, examine, idsOf } from "./examine.ts";

/** Lines of each system as it writes them, and who is said to lead which term. */
const elections: readonly {
  readonly what: string;
  readonly log: string;
  readonly leads: readonly [string, number | undefined];
}[] = [
  {
    what: "etcd 3.4, zap",
    log: `{"level":"info","ts":"2026-11-21T20:22:54.811Z","caller":"raft/raft.go:771","msg":"17e7068858982f0e became leader at term 2"}`,
    leads: ["17e7068858982f0e", 2],
  },
  {
    what: "etcd 3.4, capnslog's raft lines",
    log: "raft2026/11/21 20:23:02 INFO: 3fc741008d168c37 became leader at term 2",
    leads: ["3fc741008d168c37", 2],
  },
  {
    what: "etcd 3.5, zap",
    log: `{"level":"info","ts":"2024-04-22T17:18:03.213763+0800","logger":"raft","caller":"etcdserver/zap_raft.go:77","msg":"8e9e05c52164694d became leader at term 5"}`,
    leads: ["8e9e05c52164694d", 5],
  },
  {
    what: "etcd 3.6, zap's console",
    log: "2024-04-22T17:18:03.213763+0800\tinfo\traft\tetcdserver/zap_raft.go:77\t8e9e05c52164694d became leader at term 5",
    leads: ["8e9e05c52164694d", 5],
  },
  {
    what: "Consul, hclog",
    log: `    2021-05-06T17:29:58.825+0800 [INFO]  agent.server.raft: entering candidate state: node="Node at 10.0.0.1:8300 [Candidate]" term=2
    2021-05-06T17:29:58.830+0800 [INFO]  agent.server.raft: entering leader state: leader="Node at 10.0.0.1:8300 [Leader]"`,
    leads: ["10.0.0.1:8300", undefined],
  },
  {
    what: "Consul of 2016",
    log: "    2016/03/18 21:22:32 [INFO] raft: Node at 192.168.100.104:8300 [Leader] entering Leader state",
    leads: ["192.168.100.104:8300", undefined],
  },
  {
    what: "hclog's JSON",
    log: `{"@level":"info","@message":"entering leader state","@module":"nomad.raft","@timestamp":"2023-01-05T10:00:00.123456Z","leader":"Node at 10.0.0.1:4647 [Leader]"}`,
    leads: ["10.0.0.1:4647", undefined],
  },
  {
    what: "Quorate, JSON",
    log: `{"level":"info","time":"2026-11-21T20:22:54.811Z","member":"m1","id":"1","role":"leader","term":3,"leader":"1","msg":"raft: became leader: won the election of term 3"}`,
    leads: ["m1", 3],
  },
  {
    what: "Quorate, text",
    log: "20:22:54.811 INFO  m1  raft: became leader: won the election of term 3  id=1 role=leader term=3 leader=1",
    leads: ["m1", 3],
  },
  {
    what: "a member of Quorate in a service that logs with pino's defaults",
    log: `{"level":30,"time":1795292574811,"pid":7,"hostname":"h","member":"m1","role":"leader","term":3,"leader":"1","msg":"raft: became leader: won the election of term 3"}`,
    leads: ["m1", 3],
  },
  {
    what: "the same with other names for everything",
    log: `{"timestamp":"2026-11-21T20:22:54.811Z","level":"info","message":"raft: became leader: won the election of term 3","role":"leader","term":3,"leader":"1"}`,
    leads: ["log", 3],
  },
  {
    what: "others, in words that are common",
    log: "2026-11-21 20:22:54 [INFO] became leader in term=7",
    leads: ["log", 7],
  },
];

for (const { what, log, leads } of elections) {
  test(`${what}: an election is read`, () => {
    const { leaderships, sources } = examine({ "log.txt": log });
    assert.deepEqual(
      leaderships.map(({ leader, term }) => [leader, term]),
      [leads],
      JSON.stringify(sources),
    );
  });
}

const line = `{"level":"warn","ts":"2026-11-21T20:22:54.811Z","caller":"x.go:1","msg":"8e9e05c52164694d stepped down to follower since quorum is not active"}`;

for (const [collector, before] of [
  ["a container runtime", "2026-11-21T20:22:54.811123456Z stderr F "],
  ["compose", "etcd-1  | "],
  ["kubectl", "[pod/etcd-0/etcd] "],
  ["the journal", "Nov 21 20:22:54 host-1 etcd[123]: "],
] as const) {
  test(`what ${collector} puts before a line is taken off`, () => {
    assert.deepEqual(idsOf(examine({ log: `${before}${line}\n` })), ["lost-quorum"]);
  });
}

test("Consul's members are one under id and address, and a leader that loses its quorum is told of", () => {
  const report = examine({
    "a.log": `2021-02-02T15:16:20.000Z [INFO]  agent.server.raft: initial configuration: index=1 servers="[{Suffrage:Voter ID:n1 Address:10.0.0.1:8300} {Suffrage:Voter ID:n2 Address:10.0.0.2:8300}]"
2021-02-02T15:16:21.000Z [INFO]  agent.server.raft: entering leader state: leader="Node at 10.0.0.1:8300 [Leader]"
2021-02-02T15:17:21.000Z [WARN]  agent.server.raft: failed to contact: server-id=n2 time=2.5s
2021-02-02T15:17:21.500Z [WARN]  agent.server.raft: failed to contact quorum of nodes, stepping down
2021-02-02T15:17:21.501Z [INFO]  agent.server.raft: entering follower state: follower="Node at 10.0.0.1:8300 [Follower]" leader-address= leader-id=
`,
  });
  assert.deepEqual(idsOf(report, "serious"), ["lost-quorum"]);
  assert.deepEqual(report.findings[0]?.members, ["10.0.0.1:8300"]);
});

test("lines of several formats in one stream are each read as what they are", () => {
  const { sources } = examine({ mixed: elections.map(({ log }) => log).join("\n") });
  assert.equal(Object.keys(sources[0]?.formats ?? {}).length, 9);
});

test("a format of one's own is a few lines, and is looked for first", () => {
  const own: LogFormat = {
    name: "ours",
    phrases: new Phrasebook([
      {
        needs: "lead",
        pattern: /^node (\w+) leads epoch (\d+)$/,
        fact: ([, member, term]) => ({ kind: "role", role: "leader", member, term: Number(term) }),
      },
    ]),
    message: (text) => (text.startsWith("@") ? text.slice(text.indexOf(" ") + 1) : undefined),
    time: (text) => ({ ms: Number(text.slice(1, text.indexOf(" "))) * 1000, hasDate: true }),
    field: () => undefined,
  };
  const examination = new Examination({ decode, formats: [own] });
  const source = examination.source("ours.log");
  source.push(new TextEncoder().encode("@1700000000 node a leads epoch 4\n"));
  source.end();
  assert.deepEqual(examination.report().leaderships, [
    { leader: "a", term: 4, from: "2023-11-14 22:13:20.000", until: undefined },
  ]);
});

test("leaders that are stopped in order, one after the other, are no flapping; leaders that merely end are", () => {
  const ids = ["aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", "cccccccccccccccc"];
  const upgraded = (isInOrder: boolean): Readonly<Record<string, string>> => {
    const logs = new Map(ids.map((id) => [id, ""]));
    const say = (id: string, second: number, message: string): void => {
      const at = new Date(1_700_000_000_000 + second * 1000).toISOString();
      logs.set(id, `${logs.get(id)}{"level":"info","ts":"${at}","caller":"x","msg":"${message}"}\n`);
    };
    for (let term = 2; term < 8; term++) {
      const id = ids[term % 3] ?? "";
      say(id, term * 30, `${id} became leader at term ${term}`);
      say(
        id,
        term * 30 + 25,
        isInOrder ? "received signal; shutting down" : `${id} became follower at term ${term + 1}`,
      );
    }
    return Object.fromEntries(logs);
  };
  assert.deepEqual(idsOf(examine(upgraded(true))), []);
  assert.deepEqual(idsOf(examine(upgraded(false)), "serious"), ["leader-flapping"]);
});

test("Consul's servers that cut each other's elections short are told of, without a word of terms in their follower lines", () => {
  const log = (self: string, offset: number): string =>
    Array.from({ length: 6 }, (_, at) => {
      const time = new Date(1_700_000_000_000 + at * 2000 + offset).toISOString().replace("Z", "+0000");
      return [
        `    ${time} [WARN]  agent.server.raft: Election timeout reached, restarting election`,
        `    ${time} [INFO]  agent.server.raft: entering candidate state: node="Node at ${self} [Candidate]" term=${300 + at * 2 + (offset > 0 ? 1 : 0)}`,
      ].join("\n");
    }).join("\n");
  const report = examine({ "a.log": log("10.0.0.1:8300", 0), "b.log": log("10.0.0.2:8300", 700) });
  assert.deepEqual(idsOf(report, "serious"), ["contested-elections"]);
  assert.deepEqual(report.findings[0]?.members, ["10.0.0.1:8300", "10.0.0.2:8300"]);
});

test("a server of Consul that is sent ever older logs is one that has diverged, or is new and far behind", () => {
  const line = (next: number, second: number): string =>
    `2021-02-02T15:16:${second}.560+0800 [WARN]  raft: appendEntries rejected, sending older logs: peer="{Voter n2 127.0.0.1:9001}" next=${next}\n`;
  const walk = Array.from({ length: 8 }, (_, at) => line(900 - at, 20 + at)).join("");
  assert.deepEqual(idsOf(examine({ log: walk })), ["extensive-divergence"]);
  assert.deepEqual(idsOf(examine({ log: line(3, 21) })), []);
});

test("what Quorate's members log of their health is understood", () => {
  const at = (second: number, fields: string, message: string): string =>
    `{"level":"warn","time":"2026-11-21T20:22:${second}.000Z","member":"m1",${fields}"msg":"${message}"}\n`;
  const found = (line: (second: number) => string, times = 4): readonly string[] =>
    idsOf(examine({ log: Array.from({ length: times }, (_, second) => line(second + 10)).join("") }));
  assert.deepEqual(
    found((second) => at(second, '"tookMs":900,"times":2,', "storing in the log takes long")),
    ["slow-disk"],
  );
  assert.deepEqual(
    found((second) => at(second, '"lateMs":900,"times":2,', "this member's timers are late")),
    ["overload"],
  );
  assert.deepEqual(
    found((second) => at(second, '"entries":900,"times":2,', "applying is behind what is committed")),
    ["apply-lag"],
  );
  assert.deepEqual(
    found((second) => at(second, '"bytes":300000000,"base":7,', "the log grows, and nothing takes its beginning away")),
    ["log-growth"],
  );
  assert.deepEqual(
    found((second) =>
      at(second, '"peer":"3","times":9,', "member 3 asks for votes, though its leader, member 1, is heard here"),
    ),
    ["asymmetric-partition"],
  );
  assert.deepEqual(
    found(
      (second) =>
        at(second, '"bytes":1,"quotaBytes":1,', "the state takes as much as it may: nothing more is taken in"),
      1,
    ),
    ["no-space", "log-growth"],
  );
  assert.deepEqual(
    found((second) =>
      at(
        second,
        '"peer":"3",',
        `member 3 has another log: it refused what follows ${900 - second}@9, and has term ${30 - second} there`,
      ),
    ),
    ["extensive-divergence"],
  );
});

test("a process that stood still waited for its disk as long: that is told of once, as what it is", () => {
  const line = (second: number, fields: string, message: string): string =>
    `{"level":"warn","time":"2026-11-21T20:22:${second}.000Z","member":"m1",${fields},"msg":"${message}"}\n`;
  const stops = Array.from(
    { length: 4 },
    (_, at) =>
      line(10 + at * 11, '"tookMs":880,"times":9', "storing in the log takes long") +
      line(10 + at * 11, '"lateMs":900,"times":9', "this member's timers are late"),
  ).join("");
  assert.deepEqual(idsOf(examine({ log: stops })), ["overload"]);
  const slowDisk = stops.replaceAll('"lateMs":900', '"lateMs":260');
  assert.ok(idsOf(examine({ log: slowDisk })).includes("slow-disk"));
});

test("a cluster that is shut down in order loses its quorum on the way, and that is nothing to tell of", () => {
  const log = (member: string, ...lines: readonly string[]): string =>
    lines
      .map((line, at) => `{"level":"info","time":"2026-11-21T20:22:${10 + at}.000Z","member":"${member}",${line}}\n`)
      .join("");
  const lost =
    '"id":"1","role":"follower","term":6,"leader":"0","msg":"raft: became follower, knows no leader: heard no quorum for 500 ms"';
  const stopping = '"because":"SIGTERM","msg":"stopping"';
  const led = '"id":"1","role":"leader","term":6,"leader":"1","msg":"raft: became leader: won the election of term 6"';
  const follows = (id: string): string =>
    `"id":"${id}","role":"follower","term":6,"leader":"1","msg":"raft: follows member 1: heard it"`;
  const others = { b: log("m2", follows("2"), stopping), c: log("m3", follows("3"), stopping) };
  assert.deepEqual(idsOf(examine({ a: log("m1", led, lost), ...others })), []);
  const alive = { b: log("m2", follows("2")), c: log("m3", follows("3")) };
  assert.deepEqual(idsOf(examine({ a: log("m1", led, lost), ...alive })), ["lost-quorum"]);
});
