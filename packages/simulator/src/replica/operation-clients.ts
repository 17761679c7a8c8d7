import type { MemberId } from "@quorate/raft";
import type { Replica, ReplicaError } from "@quorate/replica";
import type { Operation } from "../linearizability/history.ts";
import type { ReplicaCluster } from "./replica-cluster.ts";

/** How clients ask for their operations, and understand the answers. */
export interface AskedMachine<State, Result, Input, Output> {
  /** Whether it only reads, and needs no command. */
  isRead(input: Input): boolean;
  /** The command that does it, made anew for each attempt. */
  command(input: Input): Uint8Array;
  /** What a read sees, in a state that is as new as the read. */
  read(state: State, input: Input): Output;
  /** What the client makes of a command's result; undefined where there is nothing to be seen. */
  answer(result: Result, input: Input, state: State): Output | undefined;
}

interface Client<Input> {
  /** Rises when it gives up: whoever calls then is somebody else, since the old call may still be under way. */
  life: number;
  waiting: Call<Input> | undefined;
  /** Given up, and worth another try. */
  unfinished: { readonly input: Input } | undefined;
}

interface Call<Input> {
  readonly client: number;
  readonly process: string;
  readonly input: Input;
  readonly calledAt: number;
}

/**
 * Clients that do one operation at a time each. They do not wait for ever: what they gave up may happen later, or never,
 * and they may try it again. What they saw is a history (Herlihy and Wing 1990).
 */
export class OperationClients<State, Result, Input, Output> {
  readonly history: Operation<Input, Output>[] = [];
  readonly #cluster: ReplicaCluster<State, Result>;
  readonly #machine: AskedMachine<State, Result, Input, Output>;
  readonly #giveUpMs: number;
  readonly #clients = new Map<number, Client<Input>>();
  /** Is told what a client saw when it was answered. */
  onAnswer: (client: number, input: Input, output: Output | undefined) => void = () => {};

  constructor(
    cluster: ReplicaCluster<State, Result>,
    machine: AskedMachine<State, Result, Input, Output>,
    giveUpMs: number,
  ) {
    this.#cluster = cluster;
    this.#machine = machine;
    this.#giveUpMs = giveUpMs;
  }

  /** One client asks this member for an operation: for `input`, or for what it gave up last if `isRetry` and there is any. */
  operate(id: MemberId, process: number, isRetry: boolean, input: () => Input): void {
    const client = this.#client(process);
    if (client.waiting !== undefined) return;
    const again = isRetry ? client.unfinished : undefined;
    client.unfinished = undefined;
    const { world, record } = this.#cluster;
    if (again !== undefined) record.marks.reach("operation tried again");
    const wanted = again ?? { input: input() };
    const open = {
      client: process,
      process: `${process}.${client.life}`,
      input: wanted.input,
      calledAt: world.nowMicros,
    };
    const member = this.#cluster.member(id);
    if (member.scope === undefined || member.replica === undefined) return;
    client.waiting = open;
    world.schedule(0, "client", member.scope, () => this.#send(id, client, open), undefined);
    world.schedule(this.#giveUpMs, "client", world.outside, () => this.#giveUp(client, open), undefined);
  }

  /** Whatever is under way has an unknown outcome from now on. */
  leaveAllOpen(): void {
    for (const client of this.#clients.values()) {
      if (client.waiting !== undefined) this.#leaveOpen(client, client.waiting);
    }
  }

  #send(id: MemberId, client: Client<Input>, call: Call<Input>): void {
    const member = this.#cluster.member(id);
    const { replica } = member;
    if (replica === undefined) return;
    // Of this start of the member, as the replica is.
    const state = member.state as State;
    if (this.#machine.isRead(call.input)) this.#read(replica, state, client, call);
    else this.#propose(replica, state, client, call);
  }

  #read(replica: Replica<Result>, state: State, client: Client<Input>, call: Call<Input>): void {
    replica.readBarrier((error) => {
      if (error === undefined) this.#answered(client, call, this.#machine.read(state, call.input));
      else this.#didNotHappen(client, call);
    });
  }

  #propose(replica: Replica<Result>, state: State, client: Client<Input>, call: Call<Input>): void {
    replica.propose(this.#machine.command(call.input), (error, result) => {
      if (error === undefined) {
        this.#answered(client, call, this.#machine.answer(result, call.input, state));
      } else if (provesNothingHappened(error)) {
        this.#didNotHappen(client, call);
      } else {
        this.#cluster.record.marks.reach("outcome unknown to a client");
        this.#giveUp(client, call);
      }
    });
  }

  #answered(client: Client<Input>, call: Call<Input>, output: Output | undefined): void {
    if (client.waiting !== call) {
      this.#cluster.record.marks.reach("outcome learned after its client gave up");
      return;
    }
    client.waiting = undefined;
    this.onAnswer(call.client, call.input, output);
    this.#add(call, this.#cluster.world.nowMicros, output);
  }

  #didNotHappen(client: Client<Input>, call: Call<Input>): void {
    if (client.waiting === call) client.waiting = undefined;
  }

  #giveUp(client: Client<Input>, call: Call<Input>): void {
    if (client.waiting !== call) return;
    this.#leaveOpen(client, call);
    if (!this.#machine.isRead(call.input)) client.unfinished = { input: call.input };
  }

  #leaveOpen(client: Client<Input>, call: Call<Input>): void {
    client.waiting = undefined;
    client.life++;
    this.#add(call, undefined, undefined);
  }

  #add({ process, input, calledAt }: Call<Input>, returnedAt: number | undefined, output: Output | undefined): void {
    this.history.push({ process, call: calledAt, return: returnedAt, input, output });
  }

  #client(process: number): Client<Input> {
    const known = this.#clients.get(process);
    if (known !== undefined) return known;
    const client: Client<Input> = { life: 0, waiting: undefined, unfinished: undefined };
    this.#clients.set(process, client);
    return client;
  }
}

/** Whether an error says that the command was not applied and never will be. */
export function provesNothingHappened({ code }: ReplicaError): boolean {
  return code === "leader-changed" || code === "busy" || code === "no-leader";
}
