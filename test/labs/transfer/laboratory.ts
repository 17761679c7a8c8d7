import { setTimeout as delay } from "node:timers/promises";
import { admin } from "@quorate/etcd";
import type { MemberProcess } from "../../harness/member-process.ts";
import { until } from "../../harness/until.ts";
import { LabCluster } from "../lab-cluster.ts";
import { dataBytesOf, logLinesOf } from "../member-facts.ts";
import type { LogLine } from "../member-facts.ts";
import { MemberWatch } from "../member-watch.ts";
import { putAll, reportOf, Writes } from "../writes.ts";
import type { TransferOptions } from "./options.ts";
import type { Phase, StateTaken, TransferReport } from "./report.ts";

const megabyte = 1_000_000;
/** A small log, so that what is missed is soon in none; and nothing beside what is measured. */
const memberArguments = [
  "--log-keep-bytes=4194304",
  "--log-segment-bytes=2097152",
  "--log-level=debug",
  "--corrupt-check-time=0",
  "--scrub-interval=0",
  "--scrub-rate=268435456",
];
const liveValueBytes = 4 * 1024;
const liveKeys = 1000;
const calmMs = 60_000;
const changedShare = 0.01;
/** A transfer that takes longer than this does not come to its end. */
const transferWithinMs = 1_800_000;

/** Four members, a large state, and what its ways between them cost. */
export class TransferLaboratory {
  readonly findings: string[] = [];
  readonly #options: TransferOptions;
  readonly #lab: LabCluster;
  readonly #print: (line: string) => void;
  readonly #watch: MemberWatch;
  readonly #phases: Phase[] = [];
  readonly #taken: StateTaken[] = [];

  private constructor(options: TransferOptions, lab: LabCluster, print: (line: string) => void) {
    this.#options = options;
    this.#print = print;
    this.#lab = lab;
    this.#watch = new MemberWatch(() => lab.running);
  }

  /** Starts the first member. */
  static async open(options: TransferOptions, print: (line: string) => void): Promise<TransferLaboratory> {
    const { electionTimeoutMs, rateMegabytes } = options;
    const extraArguments = [...memberArguments, `--transfer-rate=${rateMegabytes * megabyte}`];
    return new TransferLaboratory(
      options,
      await LabCluster.start({ members: 1, electionTimeoutMs, extraArguments }),
      print,
    );
  }

  get folder(): string {
    return this.#lab.cluster.folder;
  }

  async run(): Promise<TransferReport> {
    const { gigabytes, valueBytes, electionTimeoutMs, writesPerSecond, absenceSeconds } = this.#options;
    const keys = Array.from({ length: Math.ceil((gigabytes * 1e9) / valueBytes) }, (_, number) => `fill/${number}`);
    await this.#phase("filling", (leader) => this.#fill(leader, keys), false);
    const [stateBytes] = this.#lab.members.map(dataBytesOf);
    await this.#phase("growing to three members", async () => {
      for (let count = 1; count < 3; count++) await this.#voter(await this.#lab.join());
    });
    await this.#phase("calm, with writes", () => delay(calmMs));
    const joined = await this.#phase("a new member is sent the state, with writes", () => this.#join());
    await this.#phase("calm again, four members, with writes", () => delay(calmMs));
    const changedBytes = await this.#absence(joined, keys);
    this.#print("comparing the members' states");
    const hash = await this.#lab.sameHash(transferWithinMs).catch((error: Error) => this.#finding(error.message));
    this.#judge();
    return {
      gigabytes,
      valueBytes,
      keys: keys.length,
      electionTimeoutMs,
      writesPerSecond,
      absenceSeconds,
      stateBytes: stateBytes ?? 0,
      changedBytes,
      phases: this.#phases,
      taken: this.#taken,
      hash,
      findings: this.findings,
    };
  }

  async close(): Promise<void> {
    this.#watch.stop();
    if (this.#options.keep || this.findings.length > 0) {
      await this.#lab.kill();
      this.#print(`data folders and logs: ${this.folder}`);
    } else {
      await this.#lab.cluster.destroy();
    }
  }

  async #fill(leader: MemberProcess, keys: readonly string[]): Promise<void> {
    const { valueBytes } = this.#options;
    const began = performance.now();
    const step = Math.ceil(keys.length / 10);
    await putAll(leader.endpoint, keys, { valueBytes, atATime: 8, from: 0 }, (count) => {
      if (count % step !== 0) return;
      const seconds = (performance.now() - began) / 1000;
      const rate = (count * valueBytes) / megabyte / seconds;
      this.#print(`  ${count} of ${keys.length} keys, ${rate.toFixed(1)} MB/s`);
    });
  }

  /** Adds a member, kills it once on its way if that was asked for, and waits until it votes. */
  async #join(): Promise<MemberProcess> {
    const member = await this.#lab.join();
    if (this.#options.interrupt) {
      await until("a third of the state is sent", transferWithinMs, async () => {
        const { members } = await this.#lab.describe();
        const progress = members.find(({ name }) => name === member.name)?.progress;
        if (progress === undefined || progress.totalBytes === 0n) return undefined;
        return 3n * progress.sentBytes >= progress.totalBytes ? true : undefined;
      });
      this.#print(`  ${member.name} is killed`);
      await member.kill();
      await delay(3000);
      member.start();
      this.#print(`  ${member.name} is started again`);
    }
    await this.#voter(member);
    return member;
  }

  async #voter(member: MemberProcess): Promise<void> {
    await until(`${member.name} is a voter`, transferWithinMs, async () => {
      const { members } = await this.#lab.describe();
      const own = members.find(({ name }) => name === member.name);
      return own?.role === admin.Role.VOTER ? true : undefined;
    });
    await this.#caughtUp(member);
  }

  async #absence(member: MemberProcess, keys: readonly string[]): Promise<number> {
    const { absenceSeconds, valueBytes } = this.#options;
    let acknowledged = 0;
    const changed = keys.filter((_, number) => number % Math.round(1 / changedShare) === 0);
    await this.#phase("one member is away, one percent changes", async () => {
      const from = performance.now();
      const how = await member.stop();
      if (how !== "code 0") this.#finding(`${member.name} ended with ${how} after SIGTERM`);
      const leader = await this.#lab.leader();
      const options = { valueBytes, atATime: 4, from: keys.length };
      await putAll(leader.endpoint, changed, options, (count) => (acknowledged = count));
      await delay(Math.max(0, absenceSeconds * 1000 - (performance.now() - from)));
      await this.#logsPruned(member);
    });
    const live = (this.#phases.at(-1)?.writes?.acknowledged ?? 0) * liveValueBytes;
    await this.#phase("it comes back", async () => {
      member.start();
      await this.#caughtUp(member);
    });
    return acknowledged * valueBytes + live;
  }

  /** What the absent member lacks is in no log any more. */
  async #logsPruned(absent: MemberProcess): Promise<void> {
    const last = lastApplied(absent);
    await until("the logs are pruned beyond what the member has", 120_000, async () => {
      const others = await Promise.all(this.#lab.running.map((one) => this.#lab.stateOf(one)));
      return others.every((one) => one !== undefined && Number(one.baseIndex) > last) ? true : undefined;
    });
  }

  async #caughtUp(member: MemberProcess): Promise<void> {
    await until(`${member.name} has caught up`, transferWithinMs, async () => {
      const leader = await this.#lab.describe();
      const own = await this.#lab.stateOf(member);
      if (own === undefined || own.commitIndex === 0n) return undefined;
      return leader.commitIndex - own.commitIndex < 100n ? true : undefined;
    });
  }

  /** Runs one part with writes beside it, and keeps what was seen meanwhile. */
  async #phase<T>(name: string, body: (leader: MemberProcess) => Promise<T>, withWrites = true): Promise<T> {
    const { writesPerSecond } = this.#options;
    this.#print(`${name} ...`);
    const leader = await this.#lab.leader();
    const termBefore = await this.#term();
    await this.#watch.take();
    const endpoints = this.#lab.running.map(({ endpoint }) => endpoint);
    const writes = withWrites
      ? new Writes({
          // Of members that stay.
          endpoints: endpoints.slice(0, 3),
          perSecond: writesPerSecond,
          valueBytes: liveValueBytes,
          keys: liveKeys,
          keyPrefix: "live/",
          timeoutMs: 10_000,
        })
      : undefined;
    const seen = this.#lab.members.map((member) => logLinesOf(member).length);
    const began = performance.now();
    let value: T;
    try {
      value = await body(leader);
    } finally {
      await writes?.stop();
    }
    const seconds = (performance.now() - began) / 1000;
    const peaks = await this.#watch.take();
    const elections = (await this.#term()) - termBefore;
    const report = writes === undefined ? undefined : reportOf(writes.take(), writes.failed);
    const phase = { name, seconds, leader: leader.name, elections, writes: report, peaks: Object.fromEntries(peaks) };
    this.#phases.push(phase);
    const taken = this.#lab.members.flatMap((member, index) =>
      takenBy(member.name, name, logLinesOf(member).slice(seen[index] ?? 0)),
    );
    this.#taken.push(...taken);
    this.#print(`  ${seconds.toFixed(0)} s, ${JSON.stringify(report ?? {})}`);
    for (const [member, peak] of peaks) this.#print(`  ${member}: ${JSON.stringify(peak)}`);
    for (const state of taken) this.#print(`  ${JSON.stringify(state)}`);
    for (const failure of new Set(writes?.failures ?? [])) this.#print(`  a write failed: ${failure}`);
    return value;
  }

  async #term(): Promise<number> {
    const states = await this.#lab.cluster.states();
    return Math.max(...states.map((state) => state?.term ?? 0));
  }

  /** What has to hold whatever the machine is like. */
  #judge(): void {
    const half = this.#options.electionTimeoutMs / 2;
    for (const { name, peaks, elections, writes } of this.#phases) {
      for (const [member, { heartbeatGapMs }] of Object.entries(peaks)) {
        if (heartbeatGapMs >= half)
          this.#finding(`${name}: ${member} heard no heartbeat for ${heartbeatGapMs} ms, which is T/2 or more`);
      }
      if (elections > 0) this.#finding(`${name}: ${elections} terms began`);
      if ((writes?.failed ?? 0) > 0) this.#finding(`${name}: ${writes?.failed} writes failed`);
    }
    const errors = this.#lab.members.flatMap((member) =>
      logLinesOf(member)
        .filter(({ level }) => level === "error")
        .map(({ msg }) => `${member.name}: ${msg}`),
    );
    for (const error of errors) this.#finding(`logged: ${error}`);
    const back = this.#taken.filter(({ phase }) => phase === "it comes back");
    if (!back.some(({ kind }) => kind === "increment")) this.#finding("what came back was not sent an increment");
  }

  #finding(text: string): undefined {
    this.findings.push(text);
    this.#print(`FOUND: ${text}`);
    return undefined;
  }
}

function lastApplied(member: MemberProcess): number {
  const line = logLinesOf(member).findLast(({ msg }) => msg.startsWith("checkpoint at "));
  return Number(/^checkpoint at (\d+)/.exec(line?.msg ?? "")?.[1] ?? Number.NaN);
}

/** States that a member took over, by its log, and attempts that broke off. */
function takenBy(member: string, phase: string, lines: readonly LogLine[]): StateTaken[] {
  return lines.flatMap(({ msg, kind, bytes, tookMs }) => {
    const isBroken = /^taking over the state .* ended/.test(msg);
    if (!isBroken && !msg.startsWith("the state is now as of")) return [];
    const what = kind === "increment" || kind === "whole" ? kind : "broken off";
    return [{ member, phase, kind: what, bytes: Number(bytes), tookMs: Number(tookMs ?? 0), message: msg }];
  });
}
