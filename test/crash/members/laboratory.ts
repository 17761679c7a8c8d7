import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { RandomStreams } from "../../../packages/simulator/src/random-streams.ts";
import { Cluster } from "../../harness/cluster.ts";
import { memberNumber, Operator } from "../../harness/membership.ts";
import { progressLine, reportOf } from "../account.ts";
import type { Load } from "../account.ts";
import { checkCluster } from "../checkpoint.ts";
import { HistoryFile } from "../history-file.ts";
import { Inserts } from "../inserts.ts";
import type { CrashOptions } from "../options.ts";
import { Outages } from "../outages.ts";
import type { KeyProblem } from "../register-history.ts";
import { Registers } from "../registers.ts";
import type { CrashReport } from "../report.ts";
import { duration } from "../report.ts";
import { Resources } from "../resources.ts";
import { Silences } from "../silences.ts";
import { Supervisor } from "../supervisor.ts";
import { change, hasVoters } from "./change.ts";
import { MovingClient } from "./moving-client.ts";
import type { Step } from "./steps.ts";
import { roundOf } from "./steps.ts";

const electionTimeoutMs = 1000;
const operationWithinMs = 3000;
const calmMs = 4000;
const mostFindings = 50;
/** Little enough that new members are sent the state, and not the log, after a while. */
const memberArguments = ["--log-keep-bytes=1048576", "--log-segment-bytes=1048576", "--checkpoint-bytes=1048576"];

/** Members that change, one step after the other, under load and kills. */
export class MembersLaboratory {
  readonly cluster: Cluster;
  readonly supervisor: Supervisor;
  readonly inserts: Inserts;
  readonly resources = new Resources();
  readonly findings: string[] = [];
  readonly #options: CrashOptions;
  readonly #print: (line: string) => void;
  readonly #operator: Operator;
  readonly #streams: RandomStreams;
  readonly #history: HistoryFile;
  readonly #clients: readonly MovingClient[];
  readonly #registers: Registers;
  readonly #silences = new Silences();
  readonly #outages = new Outages();
  readonly #struck = new Map<string, number>();
  readonly #begunMs = performance.now();
  #present: readonly string[];
  #rounds = 0;
  #isEnded = false;
  #phase = "starting";

  private constructor(options: CrashOptions, cluster: Cluster, print: (line: string) => void) {
    this.#options = options;
    this.cluster = cluster;
    this.#print = print;
    this.#operator = new Operator(cluster);
    this.#streams = new RandomStreams(options.seed);
    this.supervisor = new Supervisor(cluster, (text) => this.#finding(text));
    this.#present = cluster.members.map(({ name }) => name);
    this.#history = new HistoryFile(join(cluster.folder, "history.jsonl"));
    this.#clients = cluster.members.map(({ endpoint }) => new MovingClient(endpoint, operationWithinMs));
    const acknowledged = () => this.#silences.acknowledged();
    const shared = { clients: this.#clients, history: this.#history, acknowledged };
    const { operationsPerSecond } = options;
    this.#registers = new Registers({
      ...shared,
      streams: this.#streams,
      slots: 24,
      operationsPerKey: 300,
      operationsPerSecond: operationsPerSecond * 0.7,
      violation: (key, problem) => this.#violation(key, problem),
    });
    this.inserts = new Inserts({ ...shared, insertsPerSecond: operationsPerSecond * 0.3 });
  }

  /** Starts the first three members. */
  static async open(options: CrashOptions, print: (line: string) => void): Promise<MembersLaboratory> {
    const notByItself = { after: () => {} };
    const extraArguments = memberArguments;
    const cluster = await Cluster.prepare(notByItself, { members: 3, electionTimeoutMs, extraArguments });
    const laboratory = new MembersLaboratory(options, cluster, print);
    cluster.members.forEach((_, index) => laboratory.supervisor.start(index));
    return laboratory;
  }

  get folder(): string {
    return this.cluster.folder;
  }

  /** No further step begins; `run` goes on to the checks. */
  end(): void {
    this.#isEnded = true;
  }

  /** Goes from round to round for as long as was asked for, one at least. Ends at the first finding. */
  async run(): Promise<CrashReport> {
    const progress = setInterval(() => this.#progress(), 10_000);
    try {
      await this.cluster.untilServing(60_000);
      do await this.#round();
      while (!this.#isEnded && this.#minutes < this.#options.minutes);
    } catch (error) {
      this.#finding(`the laboratory failed: ${(error as Error).stack}`);
    } finally {
      clearInterval(progress);
    }
    return this.#report();
  }

  /** Ends every process. Everything is removed unless something was found or keeping was asked for. */
  async close(): Promise<void> {
    for (const client of [...this.#clients, ...this.cluster.clients]) client.close();
    await Promise.all(this.cluster.members.map((_, index) => this.supervisor.kill(index)));
    this.#history.close();
    if (!this.#keeps) rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  get #keeps(): boolean {
    return this.findings.length > 0 || this.#options.keep;
  }

  get #minutes(): number {
    return (performance.now() - this.#begunMs) / 60_000;
  }

  async #round(): Promise<void> {
    this.#registers.start();
    this.inserts.start();
    this.#phase = "calm";
    await delay(calmMs);
    const fromMs = performance.now();
    await delay(calmMs);
    this.#outages.addQuiet(fromMs, performance.now(), this.#silences);
    for (const step of roundOf(this.#streams, this.#rounds)) if (!this.#isEnded) await this.#step(step);
    this.#phase = "checking";
    await Promise.all([this.#registers.stop(), this.inserts.stop()]);
    const problems = await checkCluster(this);
    this.#rounds += 1;
    for (const problem of problems) this.#finding(problem);
  }

  async #step(step: Step): Promise<void> {
    this.#phase = step.name;
    const fromMs = performance.now();
    const killed: string[] = [];
    const struck = ({ victim }: Step["kills"][number], name: string): void => {
      killed.push(victim);
      this.#print(`  ${step.name}: ${victim} ${name} is killed`);
    };
    const finding = (text: string) => this.#finding(text);
    const { cluster, supervisor } = this;
    const before = this.#present;
    const made = (after: readonly string[]) => this.#moveClients(before, after);
    const parts = { cluster, operator: this.#operator, supervisor, finding, struck, made };
    this.#present = await change(parts, step, before);
    await delay(calmMs / 2);
    const toMs = performance.now();
    const cause = killed.length === 0 ? step.name : `${step.name}, ${killed.toSorted().join(" and ")} killed`;
    this.#struck.set(cause, (this.#struck.get(cause) ?? 0) + 1);
    const outageMs = this.#outages.addTime(cause, fromMs, toMs, this.#silences);
    this.#history.add({ step, before, after: this.#present, killed, fromMs, toMs, outageMs });
    this.#print(
      `${step.name}: ${before.join()} to ${this.#present.join()} in ${Math.round(toMs - fromMs)} ms, no write for ${Math.round(outageMs)} ms`,
    );
    if (!hasVoters(await this.#operator.describe(), this.#present))
      this.#finding(`after ${step.name} the voters are not ${this.#present.join()}`);
  }

  /** Clients of members that stay, stay with them. */
  #moveClients(before: readonly string[], after: readonly string[]): void {
    const free = after.filter((name) => !before.slice(0, this.#clients.length).includes(name));
    this.#clients.forEach((client, slot) => {
      const name = before[slot];
      const next = name !== undefined && after.includes(name) ? name : free.shift();
      if (next !== undefined) client.moveTo(this.cluster.member(memberNumber(next)).endpoint);
    });
  }

  #violation(key: string, { text, file }: KeyProblem): void {
    this.#finding(`key ${key}: ${text}`);
    if (file !== undefined) writeFileSync(join(this.folder, `${key.replaceAll("/", "-")}.jsonl`), file);
  }

  #finding(text: string): void {
    if (this.findings.length < mostFindings) this.findings.push(text);
    this.#print(`FOUND at ${duration(this.#minutes * 60)}: ${text}`);
    this.end();
  }

  #progress(): void {
    void this.resources.sample(this.cluster.members);
    this.#print(progressLine(this.#minutes * 60, this.#load, `members ${this.#present.join()}`, this.#phase));
  }

  #report(): CrashReport {
    return reportOf({
      ...this.#load,
      options: this.#options,
      electionTimeoutMs,
      seconds: this.#minutes * 60,
      checkpoints: this.#rounds,
      struck: this.#struck,
      outages: this.#outages,
      resources: this.resources,
      findings: this.findings,
      evidence: this.#keeps ? this.folder : undefined,
    });
  }

  get #load(): Load {
    return { registers: this.#registers, inserts: this.inserts };
  }
}
