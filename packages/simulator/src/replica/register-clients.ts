import type { MemberId } from "@quorate/raft";
import { checkLinearizable } from "../linearizability/check.ts";
import type { Operation } from "../linearizability/history.ts";
import { registerModel } from "../linearizability/models/register.ts";
import type { RegisterInput, RegisterOutput } from "../linearizability/models/register.ts";
import { explainCounterexample } from "../linearizability/picture/explain.ts";
import { SafetyViolation } from "../observation.ts";
import type { RegisterCall, RegisterPlan } from "../workload.ts";
import { encodeRegisterCommand } from "./register-commands.ts";
import type { ReplicaCluster } from "./replica-cluster.ts";

/** Commands of these clients have numbers from here on, which no other command has. */
const firstNumber = 500_000_000;

/** What a search for an order may cost for one register; beyond it nothing is said about that one. */
const searchLimits = { maxSteps: 300_000, maxConfigurations: 100_000 } as const;

type RegisterOperation = Operation<RegisterInput, RegisterOutput>;

interface Client {
  /** Rises when it gives up: whoever calls then is somebody else, since the old call may still be under way. */
  life: number;
  waiting: Call | undefined;
  /** Given up, and worth another try. */
  unfinished: { readonly key: number; readonly input: RegisterInput } | undefined;
  /** What it saw of each register last. */
  readonly seen: Map<number, number | null>;
}

interface Call {
  readonly process: string;
  readonly key: number;
  readonly input: RegisterInput;
  readonly calledAt: number;
}

/**
 * Clients that read and write a few registers, one operation at a time each. They do not wait for ever: what they gave up
 * may happen later, or never, and they may try it again. What they saw must be linearizable (Herlihy and Wing 1990;
 * testing-anchors §1.4, invariant 13).
 */
export class RegisterClients {
  readonly #cluster: ReplicaCluster;
  readonly #plan: RegisterPlan;
  readonly #clients = new Map<number, Client>();
  readonly #histories = new Map<number, RegisterOperation[]>();
  #commands = 0;

  constructor(cluster: ReplicaCluster, plan: RegisterPlan) {
    this.#cluster = cluster;
    this.#plan = plan;
  }

  operate(id: MemberId, call: RegisterCall): void {
    const client = this.#client(call.process);
    if (client.waiting !== undefined) return;
    const { marks } = this.#cluster.record;
    const again = call.again ? client.unfinished : undefined;
    client.unfinished = undefined;
    if (again !== undefined) marks.reach("operation tried again");
    const { key, input } = again ?? { key: call.key, input: inputOf(call, client) };
    const { world } = this.#cluster;
    const process = `${call.process}.${client.life}`;
    const open: Call = { process, key, input, calledAt: world.nowMicros };
    const member = this.#cluster.member(id);
    if (member.scope === undefined || member.replica === undefined) return;
    client.waiting = open;
    world.schedule(0, "client", member.scope, () => this.#send(id, client, open), undefined);
    world.schedule(this.#plan.giveUpMs, "client", world.outside, () => this.#giveUp(client, open), undefined);
  }

  /** @throws SafetyViolation when what the clients saw has no order. */
  check(): void {
    for (const client of this.#clients.values()) {
      if (client.waiting !== undefined) this.#leaveOpen(client, client.waiting);
    }
    for (const [key, history] of this.#histories) {
      const result = checkLinearizable(registerModel(), history, searchLimits);
      if (result.verdict === "linearizable") this.#cluster.record.marks.reach("history linearizable");
      if (result.verdict !== "not-linearizable") continue;
      const why = result.partitions.flatMap((part) => explainCounterexample(registerModel(), history, part));
      throw new SafetyViolation("linearizability", `register ${key}: ${why.join(" ")}`);
    }
  }

  #send(id: MemberId, client: Client, call: Call): void {
    const { replica, tally } = this.#cluster.member(id);
    if (replica === undefined) return;
    const { key, input } = call;
    if (input.kind === "read") {
      replica.readBarrier((error) => {
        if (error === undefined) this.#answered(client, call, { value: tally.register(key) });
        else this.#didNotHappen(client, call);
      });
      return;
    }
    const command = encodeRegisterCommand(firstNumber + this.#commands++, key, input);
    replica.propose(command, (error, position) => {
      if (error === undefined) {
        this.#answered(client, call, input.kind === "cas" ? { swapped: tally.hasSwapped(position) } : undefined);
      } else if (error.code === "leader-changed" || error.code === "busy" || error.code === "no-leader") {
        this.#didNotHappen(client, call);
      } else {
        this.#cluster.record.marks.reach("outcome unknown to a client");
        this.#giveUp(client, call);
      }
    });
  }

  #answered(client: Client, call: Call, output: RegisterOutput | undefined): void {
    if (client.waiting !== call) {
      this.#cluster.record.marks.reach("outcome learned after its client gave up");
      return;
    }
    client.waiting = undefined;
    const { key, input } = call;
    if (output !== undefined && "value" in output) client.seen.set(key, output.value as number | null);
    if (input.kind === "write") client.seen.set(key, input.value as number);
    this.#add(call, this.#cluster.world.nowMicros, output);
  }

  #didNotHappen(client: Client, call: Call): void {
    if (client.waiting === call) client.waiting = undefined;
  }

  #giveUp(client: Client, call: Call): void {
    if (client.waiting !== call) return;
    this.#leaveOpen(client, call);
    if (call.input.kind !== "read") client.unfinished = { key: call.key, input: call.input };
  }

  #leaveOpen(client: Client, call: Call): void {
    client.waiting = undefined;
    client.life++;
    this.#add(call, undefined, undefined);
  }

  #add(
    { process, key, input, calledAt }: Call,
    returnedAt: number | undefined,
    output: RegisterOutput | undefined,
  ): void {
    const history = this.#histories.get(key) ?? [];
    this.#histories.set(key, history);
    history.push({ process, call: calledAt, return: returnedAt, input, output });
  }

  #client(process: number): Client {
    const known = this.#clients.get(process);
    if (known !== undefined) return known;
    const client: Client = { life: 0, waiting: undefined, unfinished: undefined, seen: new Map() };
    this.#clients.set(process, client);
    return client;
  }
}

function inputOf({ action, key, value }: RegisterCall, client: Client): RegisterInput {
  if (action === "read") return { kind: "read" };
  if (action === "write") return { kind: "write", value };
  return { kind: "cas", from: client.seen.get(key) ?? null, to: value };
}
