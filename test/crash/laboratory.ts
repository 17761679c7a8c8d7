import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { RandomStreams } from "../../packages/simulator/src/random-streams.ts";
import { Cluster } from "../harness/cluster.ts";
import { Campaign } from "./campaign.ts";
import { progressLine, reportOf } from "./account.ts";
import type { Load } from "./account.ts";
import { checkCluster } from "./checkpoint.ts";
import { DiskControl } from "./disk-control.ts";
import { FaultSchedule } from "./faults.ts";
import { HistoryFile } from "./history-file.ts";
import { Inserts } from "./inserts.ts";
import { LabClient } from "./lab-client.ts";
import { LabNetwork } from "./lab-network.ts";
import { Nemesis } from "./nemesis.ts";
import type { CrashOptions } from "./options.ts";
import { Outages } from "./outages.ts";
import type { KeyProblem } from "./register-history.ts";
import { Registers } from "./registers.ts";
import type { CrashReport } from "./report.ts";
import { duration } from "./report.ts";
import { Resources } from "./resources.ts";
import { Silences } from "./silences.ts";
import { Supervisor } from "./supervisor.ts";

const electionTimeoutMs = 1000;
const memberCount = 3;
const operationWithinMs = 3000;
/** Without faults, at the beginning and after each check: what an outage is without a cause. */
const calmMs = 5000;
/** The last part of a long run ends no process, so that processes live long enough to show what they leak. */
const shareWithEnds = 0.6;
const longRunMinutes = 15;
const mostFindings = 50;

/** Three members under load and faults, and everything that watches them. */
export class Laboratory {
  readonly cluster: Cluster;
  readonly supervisor: Supervisor;
  readonly inserts: Inserts;
  readonly resources = new Resources();
  readonly #options: CrashOptions;
  readonly #print: (line: string) => void;
  readonly #network: LabNetwork;
  readonly #nemesis: Nemesis;
  readonly #campaign: Campaign;
  readonly #history: HistoryFile;
  readonly #clients: readonly LabClient[];
  readonly #registers: Registers;
  readonly #silences = new Silences();
  readonly #outages = new Outages();
  /** What is wrong, so far. */
  readonly findings: string[] = [];
  /** Ends every wait of the faults. */
  readonly #end = new AbortController();
  readonly #begunMs = performance.now();
  #checkpoints = 0;
  #phase = "starting";

  private constructor(options: CrashOptions, cluster: Cluster, network: LabNetwork, print: (line: string) => void) {
    this.#options = options;
    this.cluster = cluster;
    this.#network = network;
    this.#print = print;
    const finding = (text: string) => this.#finding(text);
    const streams = new RandomStreams(options.seed);
    const disks = cluster.members.map((_, index) => new DiskControl(cluster.folder, index));
    this.supervisor = new Supervisor(cluster, finding);
    this.#nemesis = new Nemesis({ cluster, network, disks, supervisor: this.supervisor });
    this.#campaign = new Campaign({
      schedule: new FaultSchedule(streams),
      nemesis: this.#nemesis,
      silences: this.#silences,
      outages: this.#outages,
      signal: this.#end.signal,
      finding,
      record: (struck, outageMs) => this.#history.add({ ...struck, outageMs, measuredMs: performance.now() }),
    });
    this.#history = new HistoryFile(join(cluster.folder, "history.jsonl"));
    this.#clients = cluster.members.map(({ endpoint }) => new LabClient(endpoint, operationWithinMs));
    const acknowledged = () => this.#silences.acknowledged();
    const shared = { clients: this.#clients, history: this.#history, acknowledged };
    const { operationsPerSecond } = options;
    this.#registers = new Registers({
      ...shared,
      streams,
      slots: 24,
      operationsPerKey: 300,
      operationsPerSecond: operationsPerSecond * 0.7,
      violation: (key, problem) => this.#violation(key, problem),
    });
    this.inserts = new Inserts({ ...shared, insertsPerSecond: operationsPerSecond * 0.3 });
  }

  /** Starts the members. */
  static async open(options: CrashOptions, print: (line: string) => void): Promise<Laboratory> {
    const network = new LabNetwork(memberCount);
    const notByItself = { after: () => {} };
    const cluster = await Cluster.prepare(notByItself, {
      members: memberCount,
      electionTimeoutMs,
      advertisedPeerPort: (index, peerPort) => network.advertise(index, peerPort),
      environment: (index, folder) => DiskControl.environment(folder, index),
    });
    network.serve(cluster.members);
    const laboratory = new Laboratory(options, cluster, network, print);
    cluster.members.forEach((_, index) => laboratory.supervisor.start(index));
    return laboratory;
  }

  /** The folder of the data, the logs and the history. */
  get folder(): string {
    return this.cluster.folder;
  }

  /** Ends the faults early; `run` goes on to the checks. */
  end(): void {
    this.#end.abort();
  }

  /** Strikes for as long as was asked for, with a check now and then and at the end. Ends at the first finding. */
  async run(): Promise<CrashReport> {
    const progress = setInterval(() => this.#progress(), 10_000);
    try {
      await this.cluster.untilServing(60_000);
      do await this.#strikeAndCheck();
      while (!this.#over);
    } catch (error) {
      this.#finding(`the laboratory failed: ${(error as Error).stack}`);
    } finally {
      clearInterval(progress);
    }
    return this.#report();
  }

  /** Ends every process. Everything is removed unless something was found or keeping was asked for. */
  async close(): Promise<void> {
    this.#end.abort();
    this.#nemesis.close();
    for (const client of [...this.#clients, ...this.cluster.clients]) client.close();
    await Promise.all(this.cluster.members.map((_, index) => this.supervisor.kill(index)));
    this.#network.close();
    this.#history.close();
    if (this.#keeps) return;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  get #keeps(): boolean {
    return this.findings.length > 0 || this.#options.keep;
  }

  get #minutes(): number {
    return (performance.now() - this.#begunMs) / 60_000;
  }

  get #over(): boolean {
    return this.#end.signal.aborted || this.#minutes >= this.#options.minutes;
  }

  async #strikeAndCheck(): Promise<void> {
    const { minutes, checkpointMinutes } = this.#options;
    this.#registers.start();
    this.inserts.start();
    await this.#calm();
    const long = minutes >= longRunMinutes;
    const endsProcesses = !long || this.#minutes < shareWithEnds * minutes;
    const untilMinutes = this.#minutes + checkpointMinutes;
    this.#phase = endsProcesses ? "faults" : "faults that end no process";
    await this.#campaign.strikeUntil(() => this.#over || this.#minutes >= untilMinutes, endsProcesses);
    this.#phase = "ending the load";
    await Promise.all([this.#registers.stop(), this.inserts.stop()]);
    this.#phase = "checking";
    const problems = await checkCluster(this);
    this.#checkpoints += 1;
    for (const problem of problems) this.#finding(problem);
  }

  async #calm(): Promise<void> {
    this.#phase = "calm";
    const { signal } = this.#end;
    const wait = () => delay(calmMs / 2, undefined, { signal }).catch(() => {});
    // Connections are made and code is warmed in the first half.
    await wait();
    const fromMs = performance.now();
    await wait();
    this.#outages.addQuiet(fromMs, performance.now(), this.#silences);
    if (this.#checkpoints === 0) this.resources.takeBaseline(this.cluster.members);
  }

  #violation(key: string, { text, file }: KeyProblem): void {
    this.#finding(`key ${key}: ${text}`);
    if (file === undefined) return;
    const path = join(this.folder, `${key.replaceAll("/", "-")}.jsonl`);
    writeFileSync(path, file);
    this.#print(`  npx quorate check ${path} --html why.html`);
  }

  #finding(text: string): void {
    if (this.findings.length < mostFindings) this.findings.push(text);
    this.#print(`FOUND at ${duration(this.#minutes * 60)}: ${text}`);
    this.end();
  }

  #progress(): void {
    this.resources.sample(this.cluster.members);
    const now = this.#nemesis.inForce;
    this.#print(
      progressLine(this.#minutes * 60, this.#load, `${this.#campaign.count} faults`, now === "" ? this.#phase : now),
    );
  }

  #report(): CrashReport {
    return reportOf({
      ...this.#load,
      options: this.#options,
      electionTimeoutMs,
      seconds: this.#minutes * 60,
      checkpoints: this.#checkpoints,
      struck: this.#campaign.struck,
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
