import { setTimeout as delay } from "node:timers/promises";
import { admin } from "../../../packages/etcd/src/index.ts";
import { until } from "../../harness/until.ts";
import { LabCluster } from "../lab-cluster.ts";
import type { LabMember, LogLine } from "../lab-member.ts";
import { MemberWatch } from "../member-watch.ts";
import { putAll, reportOf, Writes } from "../writes.ts";
import type { TransferOptions } from "./options.ts";
import type { Phase, StateTaken, TransferReport } from "./report.ts";

const megabyte = 1_000_000;
const keepLogBytes = 16 * 1024 * 1024;
const logSegmentBytes = 8 * 1024 * 1024;
const liveValueBytes = 4 * 1024;
const liveKeys = 1000;
const calmMs = 60_000;
const changedShare = 0.01;
/** A transfer that takes longer than this does not come to its end. */
const transferWithinMs = 1_800_000;

/** Four members, a large state, and what its ways between them cost. */
export class TransferLaboratory {
  readonly cluster: LabCluster;
  readonly findings: string[] = [];
  readonly #options: TransferOptions;
  readonly #print: (line: string) => void;
  readonly #watch: MemberWatch;
  readonly #phases: Phase[] = [];
  readonly #taken: StateTaken[] = [];

  constructor(options: TransferOptions, print: (line: string) => void) {
    const { electionTimeoutMs, rateMegabytes } = options;
    this.#options = options;
    this.#print = print;
    const transferBytesPerSecond = rateMegabytes * megabyte;
    this.cluster = new LabCluster({
      members: 1,
      electionTimeoutMs,
      keepLogBytes,
      logSegmentBytes,
      transferBytesPerSecond,
    });
    this.#watch = new MemberWatch(() => this.cluster.members.filter(({ pid }) => pid !== undefined));
  }

  async run(): Promise<TransferReport> {
    const { gigabytes, valueBytes, electionTimeoutMs, writesPerSecond, absenceSeconds } = this.#options;
    await this.cluster.start();
    const keys = Array.from({ length: Math.ceil((gigabytes * 1e9) / valueBytes) }, (_, number) => `fill/${number}`);
    await this.#phase("filling", (leader) => this.#fill(leader, keys), false);
    const [stateBytes] = this.cluster.members.map(({ dataBytes }) => dataBytes);
    await this.#phase("growing to three members", async () => {
      for (const count of [2, 3]) await this.#voter(await this.cluster.join(), count);
    });
    await this.#phase("calm, with writes", () => delay(calmMs));
    const joined = await this.#phase("a new member is sent the state, with writes", () => this.#join());
    await this.#phase("calm again, four members, with writes", () => delay(calmMs));
    const changedBytes = await this.#absence(joined, keys);
    this.#print("comparing the members' states");
    const hash = await this.cluster.sameHash(transferWithinMs).catch((error: Error) => this.#finding(error.message));
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
      for (const member of this.cluster.members) await member.kill();
      this.#print(`data folders and logs: ${this.cluster.folder}`);
    } else {
      await this.cluster.destroy();
    }
  }

  async #fill(leader: LabMember, keys: readonly string[]): Promise<void> {
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
  async #join(): Promise<LabMember> {
    const member = await this.cluster.join();
    if (this.#options.interrupt) {
      await until("a third of the state is sent", transferWithinMs, async () => {
        const leader = (await this.cluster.describe()).find((one) => one !== undefined && one.leader === one.memberId);
        const progress = leader?.members.find(({ name }) => name === member.name)?.progress;
        if (progress === undefined || progress.totalBytes === 0n) return undefined;
        return 3n * progress.sentBytes >= progress.totalBytes ? true : undefined;
      });
      this.#print(`  ${member.name} is killed`);
      await member.kill();
      await delay(3000);
      await member.start();
      this.#print(`  ${member.name} is started again`);
    }
    await this.#voter(member, 4);
    return member;
  }

  async #voter(member: LabMember, members: number): Promise<void> {
    await until(`${member.name} is a voter`, transferWithinMs, async () => {
      const one = (await this.cluster.describe()).find((description) => description?.members.length === members);
      const own = one?.members.find(({ name }) => name === member.name);
      return own?.role === admin.Role.VOTER ? true : undefined;
    });
    await this.#caughtUp(member);
  }

  async #absence(member: LabMember, keys: readonly string[]): Promise<number> {
    const { absenceSeconds, valueBytes } = this.#options;
    let acknowledged = 0;
    const changed = keys.filter((_, number) => number % Math.round(1 / changedShare) === 0);
    await this.#phase("one member is away, one percent changes", async () => {
      const from = performance.now();
      const how = await member.stop();
      if (how !== "code 0") this.#finding(`${member.name} ended with ${how} after SIGTERM`);
      const leader = await this.cluster.leader();
      const options = { valueBytes, atATime: 4, from: keys.length };
      await putAll(leader.endpoint, changed, options, (count) => (acknowledged = count));
      await delay(Math.max(0, absenceSeconds * 1000 - (performance.now() - from)));
      await this.#logsPruned(member);
    });
    const live = (this.#phases.at(-1)?.writes?.acknowledged ?? 0) * liveValueBytes;
    await this.#phase("it comes back", async () => {
      await member.start();
      await this.#caughtUp(member);
    });
    return acknowledged * valueBytes + live;
  }

  /** What the absent member lacks is in no log any more. */
  async #logsPruned(absent: LabMember): Promise<void> {
    const last = lastApplied(absent);
    await until("the logs are pruned beyond what the member has", 120_000, async () => {
      const others = (await this.cluster.describe()).filter((one) => one !== undefined);
      return others.every(({ baseIndex }) => Number(baseIndex) > last) ? true : undefined;
    });
  }

  async #caughtUp(member: LabMember): Promise<void> {
    await until(`${member.name} has caught up`, transferWithinMs, async () => {
      const descriptions = await this.cluster.describe();
      const own = descriptions[this.cluster.members.indexOf(member)];
      const leader = descriptions.find((one) => one !== undefined && one.leader === one.memberId);
      if (own === undefined || leader === undefined || own.commitIndex === 0n) return undefined;
      return leader.commitIndex - own.commitIndex < 100n ? true : undefined;
    });
  }

  /** Runs one part with writes beside it, and keeps what was seen meanwhile. */
  async #phase<T>(name: string, body: (leader: LabMember) => Promise<T>, withWrites = true): Promise<T> {
    const { writesPerSecond } = this.#options;
    this.#print(`${name} ...`);
    const leader = await this.cluster.leader();
    const termBefore = await this.#term();
    await this.#watch.take();
    const endpoints = this.cluster.members.filter(({ pid }) => pid !== undefined).map(({ endpoint }) => endpoint);
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
    const seen = this.cluster.members.map((member) => member.logLines().length);
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
    const taken = this.cluster.members.flatMap((member, index) =>
      takenIn(member.logLines().slice(seen[index] ?? 0)).map((state) => ({
        ...state,
        member: member.name,
        phase: name,
      })),
    );
    this.#taken.push(...taken);
    this.#print(`  ${seconds.toFixed(0)} s, ${JSON.stringify(report ?? {})}`);
    for (const [member, peak] of peaks) this.#print(`  ${member}: ${JSON.stringify(peak)}`);
    for (const state of taken) this.#print(`  ${JSON.stringify(state)}`);
    for (const failure of new Set(writes?.failures ?? [])) this.#print(`  a write failed: ${failure}`);
    return value;
  }

  async #term(): Promise<number> {
    const terms = (await this.cluster.describe()).map((one) => Number(one?.term ?? 0n));
    return Math.max(...terms);
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
    const errors = this.cluster.members.flatMap((member) =>
      member
        .logLines()
        .filter(({ level }) => level === "error")
        .map(({ message }) => `${member.name}: ${message}`),
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

function lastApplied(member: LabMember): number {
  const line = member.logLines().findLast(({ message }) => message.startsWith("checkpoint at "));
  return Number(/^checkpoint at (\d+)/.exec(line?.message ?? "")?.[1] ?? Number.NaN);
}

/** States that a member took over, by its log, and attempts that broke off. */
function takenIn(lines: readonly LogLine[]): Omit<StateTaken, "member" | "phase">[] {
  return lines.flatMap(({ message, kind, bytes, tookMs }) => {
    if (!message.startsWith("the state is now as of") && !/^taking over the state .* ended/.test(message)) return [];
    return [{ kind: String(kind ?? "broken off"), bytes: Number(bytes), tookMs: Number(tookMs ?? 0), message }];
  });
}
