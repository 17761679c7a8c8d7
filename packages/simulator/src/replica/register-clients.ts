import type { MemberId } from "@quorate/raft";
import { checkLinearizable } from "../linearizability/check.ts";
import type { Operation } from "../linearizability/history.ts";
import { registerModel } from "../linearizability/models/register.ts";
import type { RegisterInput, RegisterOutput } from "../linearizability/models/register.ts";
import { explainCounterexample } from "../linearizability/picture/explain.ts";
import { SafetyViolation } from "../observation.ts";
import type { RegisterCall, RegisterPlan } from "../workload.ts";
import { OperationClients } from "./operation-clients.ts";
import type { AskedMachine } from "./operation-clients.ts";
import { encodeRegisterCommand } from "./register-commands.ts";
import type { ReplicaCluster } from "./replica-cluster.ts";
import type { Tally } from "./tally.ts";

/** Commands of these clients have numbers from here on, which no other command has. */
const firstNumber = 500_000_000;

/** What a search for an order may cost for one register; beyond it nothing is said about that one. */
const searchLimits = { maxSteps: 300_000, maxConfigurations: 100_000 } as const;

type RegisterOperation = Operation<RegisterInput, RegisterOutput>;

interface KeyedInput {
  readonly key: number;
  readonly input: RegisterInput;
}

/**
 * Clients that read and write a few registers. What they saw must be linearizable (testing-anchors §1.4, invariant 13).
 */
export class RegisterClients {
  readonly #cluster: ReplicaCluster;
  readonly #clients: OperationClients<Tally, number, KeyedInput, RegisterOutput>;
  /** What each client saw of each register last. */
  readonly #seen = new Map<number, Map<number, number | null>>();

  constructor(cluster: ReplicaCluster, plan: RegisterPlan) {
    this.#cluster = cluster;
    this.#clients = new OperationClients(cluster, registersOfTally(), plan.giveUpMs);
    this.#clients.onAnswer = (client, { key, input }, output) => {
      if (output !== undefined && "value" in output) this.#seenBy(client).set(key, output.value as number | null);
      if (input.kind === "write") this.#seenBy(client).set(key, input.value as number);
    };
  }

  operate(id: MemberId, call: RegisterCall): void {
    const input = (): KeyedInput => ({ key: call.key, input: inputOf(call, this.#seenBy(call.process)) });
    this.#clients.operate(id, call.process, call.again, input);
  }

  /** @throws SafetyViolation when what the clients saw has no order. */
  check(): void {
    this.#clients.leaveAllOpen();
    const histories = new Map<number, RegisterOperation[]>();
    for (const { input: keyed, ...rest } of this.#clients.history) {
      const history = histories.get(keyed.key) ?? [];
      histories.set(keyed.key, history);
      history.push({ ...rest, input: keyed.input });
    }
    for (const [key, history] of histories) {
      const result = checkLinearizable(registerModel(), history, searchLimits);
      if (result.verdict === "linearizable") this.#cluster.record.marks.reach("history linearizable");
      if (result.verdict !== "not-linearizable") continue;
      const why = result.partitions.flatMap((part) => explainCounterexample(registerModel(), history, part));
      throw new SafetyViolation("linearizability", `register ${key}: ${why.join(" ")}`);
    }
  }

  #seenBy(client: number): Map<number, number | null> {
    const known = this.#seen.get(client) ?? new Map<number, number | null>();
    this.#seen.set(client, known);
    return known;
  }
}

function registersOfTally(): AskedMachine<Tally, number, KeyedInput, RegisterOutput> {
  let commands = 0;
  return {
    isRead: ({ input }) => input.kind === "read",
    command: ({ key, input }) => encodeRegisterCommand(firstNumber + commands++, key, input),
    read: (tally, { key }) => ({ value: tally.register(key) }),
    answer: (position, { input }, tally) =>
      input.kind === "cas" ? { swapped: tally.hasSwapped(position) } : undefined,
  };
}

function inputOf({ action, key, value }: RegisterCall, seen: ReadonlyMap<number, number | null>): RegisterInput {
  if (action === "read") return { kind: "read" };
  if (action === "write") return { kind: "write", value };
  return { kind: "cas", from: seen.get(key) ?? null, to: value };
}
