import { cpSync, rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { EtcdLab, type EtcdLabOptions } from "./etcd-lab.ts";

/** A state that etcd can be driven into, and how. */
export interface EtcdState {
  readonly name: string;
  /** In one sentence, for whoever reads the fixture. */
  readonly how: string;
  /** What the doctor must find; none of the serious kind where this is empty. */
  readonly finds: readonly string[];
  readonly options: EtcdLabOptions;
  readonly drive: (lab: EtcdLab) => Promise<void>;
}

const three = { members: 3, logger: "zap" } as const;
const quick = { heartbeatMs: 50, electionMs: 500 } as const;

async function healthy(lab: EtcdLab): Promise<void> {
  lab.start();
  await lab.serves();
  await lab.put(300, 100);
  await lab.ctl(["compaction", "100"], lab.endpoints.slice(0, 1));
  await delay(6000);
}

const other = (leader: number): number => (leader + 1) % 3;
const third = (leader: number): number => (leader + 2) % 3;

export const states: readonly EtcdState[] = [
  {
    name: "healthy",
    how: "Three members, 300 puts, one compaction; nothing happened to them.",
    finds: [],
    options: three,
    drive: healthy,
  },
  {
    name: "healthy-capnslog",
    how: "The same, with etcd 3.4's older logger.",
    finds: [],
    options: { members: 3, logger: "capnslog" },
    drive: healthy,
  },
  {
    name: "rejoining-member",
    how: "A follower was cut off from both others for ten seconds, stood for election again and again without Pre-Vote, and came back.",
    finds: ["term-inflation"],
    options: { ...three, ...quick },
    drive: async (lab) => {
      lab.start();
      await lab.serves();
      await lab.put(200, 100);
      const cutOff = other(await lab.hasLeader());
      lab.isolate(cutOff);
      await delay(10_000);
      await lab.put(50, 100, third(cutOff));
      lab.heal();
      await delay(5000);
      await lab.serves();
    },
  },
  {
    name: "timeout-near-rtt",
    how: "An election timeout of 50 ms where every message takes 40 ms each way.",
    finds: ["contested-elections"],
    options: { members: 3, logger: "capnslog", heartbeatMs: 10, electionMs: 50 },
    drive: async (lab) => {
      lab.slow(40);
      lab.start();
      await delay(15_000);
    },
  },
  {
    name: "one-way-link",
    how: "What the leader says did not reach one follower, whose own messages reached everybody, for twenty seconds.",
    finds: ["asymmetric-partition"],
    options: { ...three, ...quick },
    drive: async (lab) => {
      lab.start();
      await lab.serves();
      const leader = await lab.hasLeader();
      const deaf = other(leader);
      lab.block(leader, deaf);
      lab.block(third(leader), deaf);
      await delay(20_000);
      lab.heal();
      await delay(4000);
    },
  },
  {
    name: "flapping-leader",
    how: "Whoever led was stopped (SIGSTOP) for 1.5 seconds, seven times in a row.",
    finds: ["leader-flapping"],
    options: { ...three, ...quick },
    drive: async (lab) => {
      lab.start();
      await lab.serves();
      for (let round = 0; round < 7; round++) {
        const leader = await lab.hasLeader();
        lab.signal(leader, "SIGSTOP");
        await delay(1500);
        lab.signal(leader, "SIGCONT");
        await delay(2500);
      }
    },
  },
  {
    name: "slow-disk",
    how: "Every fdatasync of the leader-to-be took 1.2 seconds (a tracer delayed it), during some puts.",
    finds: ["slow-disk", "apply-lag"],
    options: {
      members: 1,
      logger: "zap",
      under: () => [
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "trace=fdatasync",
        "-e",
        "inject=fdatasync:delay_enter=1200000",
      ],
    },
    drive: async (lab) => {
      lab.start();
      await lab.serves();
      await lab.put(20, 100);
      await delay(15_000);
    },
  },
  {
    name: "stalled-process",
    how: "The leader was stopped for 300 ms out of every 500, for twenty seconds: too short for an election, long enough to be late.",
    finds: ["overload"],
    options: { ...three, heartbeatMs: 50, electionMs: 1500 },
    drive: async (lab) => {
      lab.start();
      await lab.serves();
      const leader = await lab.hasLeader();
      for (let round = 0; round < 40; round++) {
        lab.signal(leader, "SIGSTOP");
        await delay(300);
        lab.signal(leader, "SIGCONT");
        await delay(200);
        if (round % 4 === 0) void lab.put(5, 100, leader);
      }
      await delay(1000);
    },
  },
  {
    name: "lost-quorum",
    how: "Both followers were killed; the leader stayed alone for fifteen seconds, and they came back.",
    finds: ["lost-quorum"],
    options: three,
    drive: async (lab) => {
      lab.start();
      await lab.serves();
      const leader = await lab.hasLeader();
      await lab.kill(other(leader));
      await lab.kill(third(leader));
      await lab.put(3, 100, leader);
      await delay(15_000);
      lab.start(other(leader), third(leader));
      await lab.serves();
    },
  },
  {
    name: "minority-leader",
    how: "The leader was cut off from both followers, which elected another; clients still asked the old one.",
    finds: ["lost-quorum", "phantom-leader", "term-inflation"],
    options: { ...three, ...quick },
    drive: async (lab) => {
      lab.start();
      await lab.serves();
      const leader = await lab.hasLeader();
      lab.isolate(leader);
      await lab.put(20, 100, leader);
      await delay(8000);
      lab.heal();
      await delay(3000);
    },
  },
  {
    name: "diverged-log",
    how: "A leader took many proposals while it was cut off, and its log was cut back when it returned; with debug logging.",
    finds: ["extensive-divergence", "lost-quorum"],
    options: { ...three, ...quick, arguments: ["--log-level=debug"] },
    drive: async (lab) => {
      lab.start();
      await lab.serves();
      const leader = await lab.hasLeader();
      lab.isolate(leader);
      await Promise.race([lab.put(300, 50, leader), delay(1500)]);
      await delay(3000);
      await lab.put(100, 50, other(leader));
      lab.heal();
      await delay(3000);
    },
  },
  {
    name: "snapshot-loop",
    // For half a minute after it has sent a snapshot, etcd keeps its log.
    how: "A follower was stopped every half minute while more entries were written than etcd keeps for slow followers.",
    finds: ["snapshot-loop"],
    options: { members: 3, logger: "zap", arguments: ["--snapshot-count=500"] },
    drive: async (lab) => {
      lab.start();
      await lab.serves();
      const leader = await lab.hasLeader();
      for (let round = 0; round < 4; round++) {
        lab.signal(other(leader), "SIGSTOP");
        await lab.put(12_000, 20, leader);
        await delay(1000);
        lab.signal(other(leader), "SIGCONT");
        await delay(33_000);
      }
    },
  },
  {
    name: "database-full",
    how: "A quota of 2 MB for the database was filled, and clients went on writing.",
    finds: ["no-space", "log-growth"],
    options: { ...three, arguments: ["--quota-backend-bytes=2097152"] },
    drive: async (lab) => {
      lab.start();
      await lab.serves();
      await lab.put(150, 30_000);
      await lab.ctl(["put", "one", "more"]);
      await delay(2000);
    },
  },
  {
    name: "wrong-cluster",
    how: "One member was started on an empty directory with another cluster token, and so has another cluster id.",
    finds: ["wrong-cluster"],
    options: { ...three },
    drive: async (lab) => {
      lab.start();
      await lab.serves();
      const wrong = other(await lab.hasLeader());
      await lab.kill(wrong);
      rmSync(lab.dataDirectory(wrong), { recursive: true });
      lab.startWith(wrong, ["--initial-cluster-token=another"]);
      await delay(10_000);
    },
  },
  {
    name: "reused-directory",
    how: "A member was removed from the cluster and started again on the data directory that it had.",
    finds: ["wrong-cluster"],
    options: { members: 3, logger: "capnslog" },
    drive: async (lab) => {
      lab.start();
      await lab.serves();
      const leader = await lab.hasLeader();
      const gone = other(leader);
      const copy = `${lab.dataDirectory(gone)}.copy`;
      await lab.kill(gone);
      cpSync(lab.dataDirectory(gone), copy, { recursive: true });
      const { stdout } = await lab.ctl(["member", "list"], [lab.endpoints[leader] ?? ""]);
      const id =
        stdout
          .split("\n")
          .find((line) => line.includes(`m${gone + 1},`))
          ?.split(",")[0] ?? "";
      await lab.ctl(["member", "remove", id], [lab.endpoints[leader] ?? ""]);
      await delay(1000);
      lab.start(gone);
      await delay(8000);
    },
  },
];
