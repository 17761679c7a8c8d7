import { setTimeout as delay } from "node:timers/promises";
import type { RandomStream, RandomStreams } from "../../packages/simulator/src/random-streams.ts";
import type { HistoryFile } from "./history-file.ts";
import type { KeyValueClient, Outcome } from "./lab-client.ts";
import type { KeyOperation, KeyProblem } from "./register-history.ts";
import { problemOfKey } from "./register-history.ts";

/** The place of one key, which is replaced by a new one when its history is long enough. */
interface Slot {
  readonly number: number;
  epoch: number;
  key: OpenKey;
}

/** A key whose history is not yet checked. */
interface OpenKey {
  readonly name: string;
  readonly history: KeyOperation[];
  started: number;
  underWay: number;
  /** No operation starts on it any more. */
  closed: boolean;
  lastSeen: string | undefined;
}

export interface RegistersOptions {
  readonly clients: readonly KeyValueClient[];
  readonly streams: RandomStreams;
  readonly history: HistoryFile;
  readonly slots: number;
  readonly operationsPerKey: number;
  /** All workers together. */
  readonly operationsPerSecond: number;
  readonly acknowledged: () => void;
  readonly violation: (key: string, problem: KeyProblem) => void;
}

const workersPerMember = 2;

/** Readers, writers and compare-and-put clients on a few keys, each key checked when it is replaced. */
export class Registers {
  operations = 0;
  unknown = 0;
  keysChecked = 0;
  /** Keys whose search for an order gave up. */
  keysUndecided = 0;
  readonly #options: RegistersOptions;
  readonly #slots: readonly Slot[];
  #workers: readonly Promise<void>[] = [];
  #running = false;
  #starts = 0;

  constructor(options: RegistersOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.slots }, (_, number) => ({ number, epoch: 0, key: openKey(number, 0) }));
  }

  start(): void {
    const { clients, streams, operationsPerSecond } = this.#options;
    this.#running = true;
    this.#starts += 1;
    const pauseMs = (1000 * clients.length * workersPerMember) / operationsPerSecond;
    this.#workers = clients.flatMap((client, member) =>
      Array.from({ length: workersPerMember }, (_, worker) => {
        const name = `m${member + 1}/${worker}`;
        return this.#work(client, name, streams.stream(`client ${name}, start ${this.#starts}`), pauseMs);
      }),
    );
  }

  /** Ends what is under way, reads every key once more, and checks them all. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#workers);
    await this.#readLast();
  }

  async #readLast(): Promise<void> {
    const [first] = this.#options.clients;
    if (first === undefined) return;
    for (const slot of this.#slots) {
      await this.#read(first, "last", slot.key);
      this.#replace(slot);
    }
  }

  async #work(client: KeyValueClient, name: string, random: RandomStream, pauseMs: number): Promise<void> {
    while (this.#running) {
      // Half of all operations meet on an eighth of the keys.
      const hot = random.chance(0.5);
      const slot = this.#slots[random.integer(0, Math.ceil(this.#slots.length / (hot ? 8 : 1)) - 1)];
      const roll = random.next();
      if (slot === undefined) return;
      const { key } = slot;
      key.started += 1;
      const value = `${name}.${this.operations}`;
      if (roll < 0.45) await this.#read(client, name, key);
      else if (roll < 0.75 || key.lastSeen === undefined) await this.#write(client, name, key, value);
      else await this.#compareAndPut(client, name, key, key.lastSeen, value);
      if (key.started >= this.#options.operationsPerKey && slot.key === key) this.#replace(slot);
      await delay(random.exponential(pauseMs));
    }
  }

  #read(client: KeyValueClient, name: string, key: OpenKey): Promise<void> {
    return this.#run(
      key,
      { key: key.name, client: name, kind: "read" },
      () => client.read(key.name),
      (value) => {
        key.lastSeen = value;
        return { found: value ?? null };
      },
    );
  }

  #write(client: KeyValueClient, name: string, key: OpenKey, value: string): Promise<void> {
    return this.#run(
      key,
      { key: key.name, client: name, kind: "write", value },
      () => client.put(key.name, value),
      () => {
        key.lastSeen = value;
        this.#options.acknowledged();
        return {};
      },
    );
  }

  #compareAndPut(client: KeyValueClient, name: string, key: OpenKey, expected: string, value: string): Promise<void> {
    const call = () => client.compareAndPut(key.name, expected, value);
    return this.#run(key, { key: key.name, client: name, kind: "cas", expected, value }, call, (answer) => {
      if (answer.put) {
        key.lastSeen = value;
        this.#options.acknowledged();
        return {};
      }
      key.lastSeen = answer.found;
      return { found: answer.found ?? null };
    });
  }

  async #run<T>(
    key: OpenKey,
    asked: Omit<KeyOperation, "callUs" | "returnUs" | "found">,
    call: () => Promise<Outcome<T>>,
    answered: (value: T) => Pick<KeyOperation, "found">,
  ): Promise<void> {
    this.operations += 1;
    key.underWay += 1;
    const callUs = nowUs();
    const outcome = await call();
    const returnUs = nowUs();
    key.underWay -= 1;
    if (outcome.kind === "unknown") this.unknown += 1;
    const operation: KeyOperation = {
      ...asked,
      callUs,
      returnUs: outcome.kind === "done" ? returnUs : undefined,
      ...(outcome.kind === "done" ? answered(outcome.value) : {}),
    };
    this.#options.history.add({ outcome: outcome.kind, ...operation, endedUs: returnUs });
    // What was refused never happens, and a read without an answer says nothing.
    if (outcome.kind === "done" || (outcome.kind === "unknown" && asked.kind !== "read")) key.history.push(operation);
    this.#checkIfOver(key);
  }

  #replace(slot: Slot): void {
    const { key } = slot;
    slot.epoch += 1;
    slot.key = openKey(slot.number, slot.epoch);
    key.closed = true;
    this.#checkIfOver(key);
  }

  #checkIfOver(key: OpenKey): void {
    if (!key.closed || key.underWay > 0) return;
    this.keysChecked += 1;
    const problem = problemOfKey(key.history);
    if (problem === "unknown") this.keysUndecided += 1;
    else if (problem !== undefined) this.#options.violation(key.name, problem);
  }
}

function openKey(slot: number, epoch: number): OpenKey {
  const name = `register/${slot}/${epoch}`;
  return { name, history: [], started: 0, underWay: 0, closed: false, lastSeen: undefined };
}

/** Of the monotonic clock. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
