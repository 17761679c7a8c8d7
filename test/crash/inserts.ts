import type { HistoryFile } from "./history-file.ts";
import type { KeyValueClient, Outcome } from "./lab-client.ts";
import { nowUs } from "./registers.ts";
import type { MemberClient } from "../harness/member-client.ts";

const prefix = "insert/";
const pageSize = 2000;
const maxUnderWay = 128;

/** What is known of one insert. */
const known = { underWay: 1, acknowledged: 2, refused: 3, unknown: 4 } as const;

/** Puts of one member's client, each of a new key: number N has the key "insert/M/N". One byte each. */
class Inserter {
  readonly client: KeyValueClient;
  readonly name: string;
  underWay = 0;
  count = 0;
  states = new Uint8Array(1024);

  constructor(client: KeyValueClient, name: string) {
    this.client = client;
    this.name = name;
  }

  next(): number {
    if (this.count === this.states.length) {
      const longer = new Uint8Array(this.count * 2);
      longer.set(this.states);
      this.states = longer;
    }
    this.states[this.count] = known.underWay;
    return this.count++;
  }
}

export interface InsertsOptions {
  readonly clients: readonly KeyValueClient[];
  readonly history: HistoryFile;
  /** All members together. */
  readonly insertsPerSecond: number;
  readonly acknowledged: () => void;
}

/**
 * Inserts at an even pace through every member, never waiting for the one before: what is acknowledged must be there at the
 * end, and when nothing is acknowledged for a while, that is an outage and not the patience of a client.
 */
export class Inserts {
  acknowledged = 0;
  unknown = 0;
  readonly #options: InsertsOptions;
  readonly #inserters: readonly Inserter[];
  readonly #underWay = new Set<Promise<void>>();
  #timers: readonly NodeJS.Timeout[] = [];

  constructor(options: InsertsOptions) {
    this.#options = options;
    this.#inserters = options.clients.map((client, member) => new Inserter(client, `m${member + 1}`));
  }

  get count(): number {
    return this.#inserters.reduce((sum, { count }) => sum + count, 0);
  }

  start(): void {
    const everyMs = (1000 * this.#inserters.length) / this.#options.insertsPerSecond;
    this.#timers = this.#inserters.map((inserter) => setInterval(() => this.#insert(inserter), everyMs));
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#underWay);
  }

  /** What is wrong with a member's own state: acknowledged inserts that it lacks, and refused ones that it has. */
  async problemsOn(member: Pick<MemberClient, "forEach">): Promise<readonly string[]> {
    const problems: string[] = [];
    for (const { name, states, count } of this.#inserters) {
      const found = new Uint8Array(count);
      await member.forEach(`${prefix}${name}/`, pageSize, (key, value) => {
        const number = Number(key.slice(key.lastIndexOf("/") + 1));
        if (value !== valueOf(key)) problems.push(`${key} holds ${value}`);
        if (number < count) found[number] = 1;
        else problems.push(`${key} was never inserted`);
      });
      for (let number = 0; number < count; number += 1) {
        const there = found[number] === 1;
        if (states[number] === known.acknowledged && !there)
          problems.push(`${prefix}${name}/${number} is acknowledged and absent`);
        if (states[number] === known.refused && there)
          problems.push(`${prefix}${name}/${number} was refused and is there`);
      }
    }
    return problems;
  }

  #insert(inserter: Inserter): void {
    if (inserter.underWay >= maxUnderWay) return;
    const number = inserter.next();
    inserter.underWay += 1;
    const key = `${prefix}${inserter.name}/${number}`;
    const ended = this.#put(inserter, number, key).finally(() => {
      inserter.underWay -= 1;
      this.#underWay.delete(ended);
    });
    this.#underWay.add(ended);
  }

  async #put(inserter: Inserter, number: number, key: string): Promise<void> {
    const callUs = nowUs();
    const outcome = await inserter.client.put(key, valueOf(key));
    inserter.states[number] = stateOf(outcome);
    this.#options.history.add({ outcome: outcome.kind, key, kind: "insert", callUs, endedUs: nowUs() });
    if (outcome.kind === "unknown") this.unknown += 1;
    if (outcome.kind !== "done") return;
    this.acknowledged += 1;
    this.#options.acknowledged();
  }
}

function stateOf({ kind }: Outcome<true>): number {
  return kind === "done" ? known.acknowledged : kind === "refused" ? known.refused : known.unknown;
}

function valueOf(key: string): string {
  return `value of ${key}`;
}
