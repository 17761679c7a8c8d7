import type { Clock } from "@quorate/host";
import {
  decodeCommand,
  type CommandResult,
  type Lease,
  type LeaseKeepingParts,
  type LeaseReplica,
  type Leases,
} from "@quorate/store";
import { around } from "../stand-in.ts";
import { longTtl } from "./lease-clients.ts";
import type { SwarmOptions } from "../swarm.ts";
import type { BrokenLeases } from "./broken-leases.ts";

/** A bug about leases that others have shipped, or could have, and within how many seeds it is found. */
export interface LeaseBug extends BrokenLeases {
  readonly name: string;
  /** The faults that it needs more of than a run draws on average. */
  readonly adjust?: (swarm: SwarmOptions) => SwarmOptions;
  /** What may fall first. */
  readonly caughtBy: readonly string[];
  readonly seeds: number;
}

const done: CommandResult = { ok: true, revision: 1, result: { type: "lease-checkpoint" } };

/** A member whose leases meet something broken. */
function withReplica(
  broken: (parts: LeaseKeepingParts) => Partial<LeaseReplica>,
): (parts: LeaseKeepingParts) => LeaseKeepingParts {
  return (parts) => ({ ...parts, replica: around(parts.replica, broken(parts)) });
}

/** A leader that takes in leases with something else left of them than the log says. */
function withTaken(remainingOf: (lease: Lease) => number): (parts: LeaseKeepingParts) => LeaseKeepingParts {
  return (parts) => {
    // The same for the same: a lessor looks whether its table is still the one in use.
    const broken = new WeakMap<Leases, Leases>();
    const taken = (leases: Leases): Leases => {
      const known = broken.get(leases) ?? around(leases, { all: () => withRemaining(leases, remainingOf) });
      broken.set(leases, known);
      return known;
    };
    return { ...parts, leases: () => taken(parts.leases()) };
  };
}

function* withRemaining(leases: Leases, remainingOf: (lease: Lease) => number): ReturnType<Leases["all"]> {
  for (const lease of leases.all()) yield { ...lease, remaining: remainingOf(lease) };
}

/** Clocks jump all the time, and nothing else changes who leads. */
function withClockJumps(swarm: SwarmOptions): SwarmOptions {
  const { electionTimeoutMs: t } = swarm.timing;
  const { byClock: _, ...load } = swarm.load;
  const clockJump = { everyMs: 2 * t, lastsMs: t };
  return { ...swarm, load, faults: { clockJump }, operators: { spareClockRates: [] } };
}

/** A lessor that never hears that it leads no more: harmless by itself, since what it says is refused in any other term. */
export const goesOnLeading = withReplica(({ replica }) => ({
  onChange: (listener) => {
    let led: number | undefined;
    return replica.onChange((status) => {
      if (status.role === "leader") led = status.term;
      listener(led === undefined ? status : { ...status, role: "leader", term: led });
    });
  },
}));

export const leaseKeepingBugs: readonly LeaseBug[] = [
  {
    name: "a deposed leader goes on ending leases, and its expiries count in an entry of any term (etcd issue 15247)",
    command: (command, term) => (command.type === "lease-expire" ? { ...command, term } : command),
    parts: goesOnLeading,
    caughtBy: ["lease agreement"],
    seeds: 20,
  },
  {
    name: "a leader renews leases without asking whether it still leads",
    parts: withReplica(({ timers }) => ({
      readBarrier: (outcome) => timers.afterPendingInput(() => outcome(undefined)),
    })),
    // Check-quorum ends most leaders before another one leads; those that stand still it does not.
    adjust: (swarm) => {
      const { electionTimeoutMs: t } = swarm.timing;
      const pause = { everyMs: 2 * t, lastsMs: 2 * t };
      return { ...swarm, faults: { ...swarm.faults, pause }, load: { ...swarm.load, toLeader: 0.3 } };
    },
    caughtBy: ["leases"],
    seeds: 80,
  },
  {
    name: "a new leader gives leases less than what is left of them",
    parts: withTaken(({ remaining }) => remaining / 4),
    caughtBy: ["leases"],
    seeds: 10,
  },
  {
    name: "a new leader gives each lease its whole time again, whatever the log says is left",
    parts: withTaken(({ ttl }) => ttl),
    caughtBy: ["leases"],
    seeds: 20,
  },
  {
    name: "a leader counts the time of leases by its wall clock",
    parts: (parts) => ({ ...parts, clock: { monotonicMs: () => (parts.clock as Clock).wallMs() } }),
    adjust: withClockJumps,
    // Whoever asks gives up by the same clock.
    caughtBy: ["leases", "definite answers", "lease expiry"],
    seeds: 10,
  },
  {
    name: "what the log says is left of leases is not in a state that is sent: each has its whole time again",
    replaced: (leases) => {
      for (const { id, ttl } of Array.from(leases.all())) leases.setRemaining(id, ttl);
    },
    caughtBy: ["lease agreement"],
    seeds: 20,
  },
  {
    name: "which keys belong to which lease is not in a state that is sent: a member that joins keeps them for ever",
    replaced: (leases) => {
      for (const { id } of leases.all()) for (const key of Array.from(leases.attached(id))) leases.move(key, id, 0n);
    },
    caughtBy: ["lease agreement"],
    seeds: 20,
  },
  {
    name: "a client is told that a lease is over as soon as its leader thinks so, and the next leader renews it",
    keeping: (keeping) =>
      around(keeping, {
        renew: (id, done) => {
          keeping.timeToLive(id, (error, { ttl }) => {
            if (error === undefined && ttl === 0) done(undefined, 0);
            else keeping.renew(id, done);
          });
        },
      }),
    caughtBy: ["leases"],
    seeds: 20,
  },
  {
    name: "a lease is told from the one before it by its id alone",
    command: (command, _term, leases) => {
      if (command.type !== "lease-expire") return command;
      const present = command.leases.map(({ lease }) => ({ lease, grantedAt: leases.get(lease)?.grantedAt ?? 0 }));
      return { ...command, leases: present };
    },
    caughtBy: ["lease agreement"],
    seeds: 150,
  },
  {
    name: "a renewal of a lease of which less is noted is answered before the log says otherwise",
    parts: withReplica(({ replica, timers }) => ({
      propose: (bytes, outcome) => {
        const command = decodeCommand(bytes);
        const isWhole =
          command.type === "lease-checkpoint" && command.leases.some(({ remaining }) => remaining >= longTtl);
        if (!isWhole) return replica.propose(bytes, outcome);
        timers.afterPendingInput(() => outcome(undefined, done));
      },
    })),
    caughtBy: ["leases"],
    seeds: 80,
  },
  {
    name: "a leader ends leases by itself",
    parts: withReplica(({ replica, leases, timers }) => ({
      propose: (bytes, outcome) => {
        const command = decodeCommand(bytes);
        if (command.type !== "lease-expire") return replica.propose(bytes, outcome);
        for (const { lease } of command.leases) if (leases().get(lease) !== undefined) leases().remove(lease);
        timers.afterPendingInput(() => outcome(undefined, done));
      },
    })),
    caughtBy: ["lease agreement"],
    seeds: 5,
  },
  {
    name: "what has run out is never said to the log",
    parts: withReplica(({ replica }) => ({
      propose: (bytes, outcome) => {
        if (decodeCommand(bytes).type !== "lease-expire") replica.propose(bytes, outcome);
      },
    })),
    caughtBy: ["lease expiry"],
    seeds: 5,
  },
];
