import { encodeCommand, Lessor, type CommandResult, type KeyValueStore, type LeaseCommand } from "@quorate/store";
import { memoryEngine, StoreDriver } from "./store-driver.ts";

export const electionTimeoutMs = 1000;

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

type Proposed = (error: Error | undefined, result: CommandResult) => void;

const lost: CommandResult = { ok: false, revision: 0, refusal: "deposed" };
const silent = (): void => {};
export const noLogger = { debug: silent, info: silent, warn: silent, error: silent };

/** One member: a store, and a lessor whose time a test moves. */
export class LeaseMember {
  readonly world: LeaseWorld;
  readonly store: KeyValueStore;
  readonly lessor: Lessor;
  nowMs = 0;
  /** What it believes, true or not. */
  believesToLead: number | undefined;
  /** Proposals that hang on their way to the log, in order. */
  readonly held: { readonly command: LeaseCommand; readonly done: Proposed }[] = [];
  isHolding = false;
  /** Reads that hang until somebody confirms them. */
  readonly reads: (() => void)[] = [];
  isHoldingReads = false;
  /** The process stands still once, for so long, before it comes to what waits behind pending input. */
  stallsBeforeInputMs = 0;
  #timers: Timer[] = [];

  constructor(world: LeaseWorld, store: KeyValueStore, checkpointMs: number) {
    this.world = world;
    this.store = store;
    this.lessor = new Lessor({
      clock: { monotonicMs: () => this.nowMs },
      timers: {
        after: (delayMs, run) => {
          const timer = { at: this.nowMs + delayMs, run };
          this.#timers.push(timer);
          return timer as never;
        },
        cancel: (timer) => {
          this.#timers = this.#timers.filter((other) => other !== (timer as unknown));
        },
        afterPendingInput: (run) =>
          setImmediate(() => {
            this.nowMs += this.stallsBeforeInputMs;
            this.stallsBeforeInputMs = 0;
            run();
          }),
      },
      logger: noLogger,
      leases: () => store.leases,
      propose: (command, done) => {
        if (this.isHolding) this.held.push({ command, done });
        else world.propose(this, command, done);
      },
      confirm: (done) => {
        const read = (): void => void setImmediate(() => done(undefined));
        if (this.isHoldingReads) this.reads.push(read);
        else read();
      },
      leadsIn: () => this.believesToLead,
      electionTimeoutMs: () => electionTimeoutMs,
      checkpointMs,
    });
  }

  /** Moves this member's clock, with everything that is due on the way, each when it is due. */
  async pass(ms: number): Promise<void> {
    const until = this.nowMs + ms;
    await settle();
    for (;;) {
      const next = this.#timers.reduce<Timer | undefined>(
        (first, timer) => (first === undefined || timer.at < first.at ? timer : first),
        undefined,
      );
      if (next === undefined || next.at > until) break;
      this.nowMs = Math.max(this.nowMs, next.at);
      this.#timers = this.#timers.filter((timer) => timer !== next);
      next.run();
      await settle();
    }
    this.nowMs = Math.max(this.nowMs, until);
  }

  /** Its process stands still, and then everything that is due comes at once. */
  async stall(ms: number): Promise<void> {
    this.nowMs += ms;
    await this.pass(0);
  }

  renew(id: bigint): Promise<number | string> {
    return new Promise((resolve) =>
      this.lessor.renew(id, (outcome) => resolve(outcome.type === "renewed" ? outcome.ttl : outcome.type)),
    );
  }

  timeToLive(id: bigint): Promise<number | string> {
    return new Promise((resolve) =>
      this.lessor.timeToLive(id, (outcome) => resolve(outcome.type === "time-to-live" ? outcome.ttl : outcome.type)),
    );
  }
}

/** Members that apply one log, and a test that says who leads it. */
export class LeaseWorld {
  readonly log: { readonly term: number; readonly command: LeaseCommand }[] = [];
  readonly members: LeaseMember[] = [];
  leader: LeaseMember | undefined;
  term = 0;
  #appending: Promise<unknown> = Promise.resolve();

  static async of(count: number, checkpointMs = 300_000): Promise<LeaseWorld> {
    const world = new LeaseWorld();
    for (let n = 0; n < count; n++) {
      const { store } = await StoreDriver.open(memoryEngine());
      world.members.push(new LeaseMember(world, store, checkpointMs));
    }
    return world;
  }

  /** A new term begins, led by this member. The one before is told only if it `notices`. */
  async elect(member: LeaseMember, previousNotices = true): Promise<void> {
    const previous = this.leader;
    if (previous !== undefined && previousNotices) this.depose(previous);
    this.term++;
    this.leader = member;
    member.believesToLead = this.term;
    member.lessor.lead(this.term);
    await settle();
  }

  depose(member: LeaseMember): void {
    member.believesToLead = undefined;
    member.lessor.lead(undefined);
  }

  /** From a member that leads, or that passes it on to the one which does; a stale leader's own log is never committed. */
  propose(from: LeaseMember, command: LeaseCommand, done: Proposed): void {
    if (from.believesToLead !== undefined && from !== this.leader) return;
    this.append(command).then(
      (result) => done(undefined, result),
      (error: unknown) => done(error as Error, lost),
    );
  }

  /** Commits a command in the term of today, and applies it everywhere. */
  append(command: LeaseCommand): Promise<CommandResult> {
    const { term } = this;
    const appended = this.#appending.then(async () => {
      const index = this.log.push({ term, command });
      const bytes = encodeCommand(command);
      const results = await Promise.all(
        this.members.map(
          ({ store }) =>
            new Promise<CommandResult>((resolve, reject) =>
              store.apply([{ index, term, command: bytes }], (error, [result]) =>
                error === undefined ? resolve(result as CommandResult) : reject(error),
              ),
            ),
        ),
      );
      return results[0] as CommandResult;
    });
    this.#appending = appended.catch(() => {});
    return appended;
  }

  grant(lease: bigint, ttl: number): Promise<CommandResult> {
    return this.append({ type: "lease-grant", lease, ttl });
  }

  count(type: LeaseCommand["type"]): number {
    return this.log.filter(({ command }) => command.type === type).length;
  }
}

/** Until nothing that is due at once is left. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
}
