import type { ConfigurationChange, MemberId } from "@quorate/raft";
import type { MembershipOperation } from "@quorate/replica";
import { checkLinearizable } from "../linearizability/check.ts";
import type { Operation } from "../linearizability/history.ts";
import { drawCounterexample } from "../linearizability/picture/draw.ts";
import { explainCounterexample } from "../linearizability/picture/explain.ts";
import { SafetyViolation } from "../observation.ts";
import { MemberRequests } from "../replica/member-requests.ts";
import { OperationClients, provesNothingHappened } from "../replica/operation-clients.ts";
import type { AskedMachine } from "../replica/operation-clients.ts";
import type { ReplicaCluster } from "../replica/replica-cluster.ts";
import type { SwarmOptions } from "../swarm.ts";
import type { MachineCall, RequestTarget } from "../workload.ts";
import type { ReplicatedService } from "./replicated-service.ts";
import { hexOf } from "./printed.ts";
import type { AnyService } from "./service.ts";
import { settle } from "./settled-history.ts";
import type { Fates } from "./settled-history.ts";

/** What a search for an order may cost for one part of the state; beyond it nothing is said about that one. */
const searchLimits = { maxSteps: 200_000, maxConfigurations: 100_000 } as const;

/** How often a workload is asked for an operation with a command before it is taken to have none. */
const mostDraws = 1000;

type Answered = Operation<unknown, unknown>;

/** Clients of a user's state machine. */
export class ServiceClients implements RequestTarget {
  /** Whether the history was too hard to decide about. */
  isUndecided = false;
  /** Of a history that has no order. */
  picture: string | undefined;
  readonly #cluster: ReplicaCluster<unknown, unknown>;
  readonly #service: AnyService;
  readonly #replicated: ReplicatedService;
  readonly #clients: OperationClients<unknown, unknown, unknown, unknown>;
  readonly #requests: MemberRequests<unknown, unknown>;
  /** What was asked by nobody's client, to see whether the healed cluster takes a command. */
  readonly #probes: Answered[] = [];

  constructor(
    service: AnyService,
    replicated: ReplicatedService,
    cluster: ReplicaCluster<unknown, unknown>,
    { registers, timing }: SwarmOptions,
  ) {
    this.#service = service;
    this.#replicated = replicated;
    this.#cluster = cluster;
    this.#clients = new OperationClients(cluster, this.#asked(), registers.giveUpMs);
    this.#requests = new MemberRequests(cluster, timing.electionTimeoutMs);
  }

  /** All histories: what was asked, and what was answered. */
  get history(): readonly Answered[] {
    return [...this.#clients.history, ...this.#probes];
  }

  perform(id: MemberId, { process, operation, again }: MachineCall): void {
    this.#clients.operate(id, process, again, () => operation);
  }

  /** Whole members are opened to read in one way or the other (`SwarmOptions.load`). */
  askByClock(id: MemberId, read: number): void {
    this.ask(id, read);
  }

  changeMembers(id: MemberId, change: ConfigurationChange): void {
    this.#requests.change(id, change);
  }

  administer(id: MemberId, operation: MembershipOperation): void {
    this.#requests.administer(id, operation);
  }

  abandonChange(id: MemberId): void {
    this.#requests.administer(id, { kind: "abandon" });
  }

  handOver(id: MemberId, to: MemberId): void {
    this.#requests.administer(id, { kind: "transfer", to: to === 0 ? undefined : to });
  }

  ask(id: MemberId, read: number): void {
    this.#requests.ask(id, read);
  }

  /** Nobody has registers here. */
  operate(): void {}

  /** One operation with a command for each number, asked once. */
  submit(id: MemberId, first: number, sizes: readonly number[]): void {
    for (const at of sizes.keys()) this.#probe(id, first + at);
  }

  /** @throws SafetyViolation when a living member has left somebody without an answer */
  checkAtTheEnd(): void {
    this.#requests.expectAnswers();
  }

  /** @throws SafetyViolation when what clients saw has no order */
  checkHistory(): void {
    this.#clients.leaveAllOpen();
    const { model } = this.#service;
    if (model === undefined) return;
    const { history, isExact } = settle(this.history, this.#fates());
    let result = checkLinearizable(model, history, searchLimits);
    let checked: readonly Answered[] = history;
    if (result.verdict === "not-linearizable" && !isExact) {
      checked = this.history;
      result = checkLinearizable(model, checked, searchLimits);
    }
    if (result.verdict === "linearizable") this.#cluster.record.marks.reach("history linearizable");
    this.isUndecided = result.verdict === "unknown";
    if (result.verdict !== "not-linearizable") return;
    [this.picture] = result.partitions.flatMap((part) => drawCounterexample(model, checked, part) ?? []);
    const why = result.partitions.flatMap((part) => explainCounterexample(model, checked, part));
    throw new SafetyViolation("linearizability", why.join(" "));
  }

  #fates(): Fates {
    const { workload } = this.#service;
    return {
      commandOf: (operation) => {
        const command = workload.command(operation);
        return command && hexOf(command);
      },
      applications: (command, operation) =>
        this.#replicated.applicationsOf(command).map(({ at, result }) => ({
          at,
          answer: this.#answerOf(result, operation),
        })),
    };
  }

  #asked(): AskedMachine<unknown, unknown, unknown, unknown> {
    const { workload } = this.#service;
    return {
      isRead: (operation) => workload.command(operation) === undefined,
      command: (operation) => this.#commandOf(operation) as Uint8Array,
      read: (machine, operation) => {
        if (workload.read !== undefined) return workload.read(machine, operation);
        throw new TypeError(`the workload has no command for ${JSON.stringify(operation)}, and no \`read\` either`);
      },
      answer: (result, operation) => this.#answerOf(result, operation),
    };
  }

  #commandOf(operation: unknown): Uint8Array | undefined {
    const command = this.#service.workload.command(operation);
    if (command !== undefined) this.#replicated.noteCommand(operation, command);
    return command;
  }

  #answerOf(result: unknown, operation: unknown): unknown {
    const { workload } = this.#service;
    return workload.answer === undefined ? result : workload.answer(result, operation);
  }

  #probe(id: MemberId, number: number): void {
    const { world } = this.#cluster;
    const operation = this.#drawCommand(number);
    const at = this.#probes.length;
    const asked = { process: `probe ${number}`, call: world.nowMicros, input: operation };
    this.#probes.push({ ...asked, return: undefined, output: undefined });
    const command = this.#commandOf(operation) as Uint8Array;
    this.#requests.request(id, `probe ${number}`, (replica, answered) => {
      replica.propose(command, (error, result) => {
        answered();
        if (error === undefined) {
          this.#probes[at] = { ...asked, return: world.nowMicros, output: this.#answerOf(result, operation) };
        } else if (!provesNothingHappened(error)) {
          this.#cluster.record.marks.reach("outcome unknown to a client");
        }
      });
    });
  }

  #drawCommand(number: number): unknown {
    const random = this.#cluster.world.streams.stream(`probe ${number}`);
    for (let draws = 0; draws < mostDraws; draws++) {
      const operation = this.#service.workload.draw(random, { client: 0, number });
      if (this.#service.workload.command(operation) !== undefined) return operation;
    }
    throw new RangeError(`of ${mostDraws} operations that the workload drew, none has a command`);
  }
}
