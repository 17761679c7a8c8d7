import {
  fixedTime,
  majority,
  mostMembers,
  mostTimedMembers,
  neverFails,
  withAvailability,
  type Distribution,
  type Repairable,
} from "@quorate/planner";
import { UsageError } from "../errors.ts";
import type { PlanFlags } from "./plan-flags.ts";
import { parsePercentage, parseRepairable } from "./plan-values.ts";
import { parseTimes, type TimeTable } from "./time-table.ts";

/** What is planned: names of members and zones, and everything known about them. */
export interface PlanInput {
  readonly voters: readonly PlannedMember[];
  /** Their number; they decide nothing. */
  readonly learners: number;
  readonly zones: readonly string[];
  /** How many decide. */
  readonly quorum: number;
  readonly change: { readonly old: number; readonly new: number; readonly both: number } | undefined;
  readonly times: PlannedTimes | undefined;
  readonly machine: Repairable;
  /** Nobody said how reliable members are. */
  readonly isMachineAssumed: boolean;
  readonly zone: Repairable;
  readonly linkDown: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly windowMs: number | undefined;
}

export interface PlannedMember {
  readonly name: string;
  /** Index of its zone. */
  readonly zone: number;
}

export interface PlannedTimes {
  /** Of voters, in their order: row asks, column answers. */
  readonly roundTrips: readonly (readonly Distribution[])[];
  readonly syncs: readonly Distribution[];
  /** Indexes of the voters that are to be compared as leaders. */
  readonly leaders: readonly number[];
  /** Who leads now, where somebody does; else the best of `leaders` is looked at closely. */
  readonly leader?: number;
}

/** Availability of a member where nobody says another. */
const assumedAvailability = 0.999;
const assumedRepairHours = 1;

/** What the options ask for. `table` is the file that --rtt names. Throws `UsageError`, or the planner's own error. */
export function planInput(flags: PlanFlags, table: TimeTable | undefined): PlanInput {
  const zones = flags.zones === undefined ? undefined : parseZones(flags.zones);
  const followers = table === undefined && flags.rtt !== undefined ? parseTimes("--rtt", flags.rtt) : undefined;
  const voters = votersOf(flags, zones, table, followers);
  const n = voters.length;
  const isStayAlone = flags.stay !== undefined && flags.to === undefined;
  if (isStayAlone) throw new UsageError("--stay says how many voters stay in a change; say to how many with --to.");
  if (flags.zoneAvailability !== undefined && zones === undefined) {
    throw new UsageError("--zone-availability says how often a zone fails; say which voters are in one with --zones.");
  }
  return {
    voters,
    learners: flags.learners ?? 0,
    zones: zones?.map(({ name }) => name) ?? voters.map(({ name }) => name),
    quorum: flags.quorum ?? majority(n),
    change: flags.to === undefined ? undefined : { old: n, new: flags.to, both: flags.stay ?? Math.min(n, flags.to) },
    times: timesOf(flags, voters, table, followers),
    machine:
      flags.availability === undefined
        ? withAvailability(assumedAvailability, assumedRepairHours)
        : parseRepairable("--availability", flags.availability),
    isMachineAssumed: flags.availability === undefined,
    zone:
      flags.zoneAvailability === undefined
        ? neverFails
        : parseRepairable("--zone-availability", flags.zoneAvailability),
    linkDown: flags.linkFailure === undefined ? undefined : parsePercentage("--link-failure", flags.linkFailure),
    timeoutMs: flags.electionTimeout,
    windowMs: flags.window,
  };
}

interface Zone {
  readonly name: string;
  readonly count: number;
}

function parseZones(text: string): readonly Zone[] {
  const zones = text.split(",").map((part): Zone => {
    const [, name, count] = /^\s*([^:,\s]+):(\d+)\s*$/.exec(part) ?? [];
    if (name === undefined)
      throw new UsageError(`--zones: "${part}" is not of the form zone:count, such as a:2,b:2,c:1.`);
    return { name, count: Number(count) };
  });
  const total = zones.reduce((sum, { count }) => sum + count, 0);
  if (new Set(zones.map(({ name }) => name)).size < zones.length) throw new UsageError("--zones names a zone twice.");
  if (total < 1 || total > mostMembers) {
    throw new UsageError(`--zones: from 1 to ${mostMembers} voters in all are possible, not ${total}.`);
  }
  return zones;
}

/** The number of voters is said once; where it follows from several options, they must agree. */
function votersOf(
  { members, zones: zonesText }: PlanFlags,
  zones: readonly Zone[] | undefined,
  table: TimeTable | undefined,
  followers: readonly Distribution[] | undefined,
): readonly PlannedMember[] {
  if (zones !== undefined) {
    const placed = zones.flatMap(({ name, count }, zone) =>
      Array.from(
        { length: count },
        (_, at): PlannedMember => ({ name: count === 1 ? name : `${name}${at + 1}`, zone }),
      ),
    );
    if (members !== undefined && members !== placed.length) {
      throw new UsageError(`--members says ${members}, but --zones ${zonesText} has ${placed.length}. Leave one out.`);
    }
    return placed;
  }
  const ofTimes =
    table?.names.length ?? (followers === undefined || followers.length < 2 ? undefined : followers.length + 1);
  const n = members ?? ofTimes;
  if (n === undefined) {
    throw new UsageError("Say how many members there are (--members 5), where (--zones a:2,b:1), or read --cluster.");
  }
  if (ofTimes !== undefined && n !== ofTimes) {
    throw new UsageError(
      `--members says ${n}, but --rtt has times for ${ofTimes} members (the leader is one of them).`,
    );
  }
  return Array.from({ length: n }, (_, at) => ({ name: table?.names[at] ?? String(at + 1), zone: at }));
}

function timesOf(
  { leader, fsync, rtt }: PlanFlags,
  voters: readonly PlannedMember[],
  table: TimeTable | undefined,
  followers: readonly Distribution[] | undefined,
): PlannedTimes | undefined {
  if (rtt === undefined) {
    if (leader !== undefined) throw new UsageError("--leader says whose round trips count; give them with --rtt.");
    if (fsync !== undefined)
      throw new UsageError("--fsync is a part of commit latency; give the round trips with --rtt.");
    return undefined;
  }
  const n = voters.length;
  if (n > mostTimedMembers) throw new UsageError(`--rtt takes up to ${mostTimedMembers} voters, not ${n}.`);
  const syncs = fsync === undefined ? table?.syncs : parseTimes("--fsync", fsync);
  const each = spread(syncs ?? [fixedTime(1)], n, "--fsync", voters, table);
  if (table === undefined) return ofList(followers ?? [], each, n, leader);
  const index = (at: number): number => (table.names.length === n ? at : (voters[at]?.zone ?? 0));
  const expected = voters.reduce((most, { zone }) => Math.max(most, zone + 1), 0);
  if (table.names.length !== n && table.names.length !== expected) {
    throw new UsageError(
      `The table of ${rtt} has ${table.names.length} rows, but there are ${n} voters in ${expected} zones.`,
    );
  }
  const roundTrips = voters.map((_, from) =>
    voters.map((_unused, to) => table.roundTrips[index(from)]?.[index(to)] ?? fixedTime(0)),
  );
  return {
    roundTrips,
    syncs: each,
    leaders: leader === undefined ? [...voters.keys()] : [memberNamed(leader, voters)],
  };
}

/** One time for all pairs, or those from the one leader whose followers they are. */
function ofList(
  followers: readonly Distribution[],
  syncs: readonly Distribution[],
  n: number,
  leader: string | undefined,
): PlannedTimes {
  if (leader !== undefined)
    throw new UsageError("--leader chooses a row of a table; a list of times has its leader already.");
  const [first] = followers;
  if (first !== undefined && followers.length === 1) {
    const roundTrips = Array.from({ length: n }, () => Array<Distribution>(n).fill(first));
    return { roundTrips, syncs, leaders: [0] };
  }
  if (followers.length !== n - 1) {
    throw new UsageError(
      `--rtt has ${followers.length} times, but ${n} voters have ${n - 1} followers: give one for each, or one for all.`,
    );
  }
  const row = [fixedTime(0), ...followers];
  return { roundTrips: row.map(() => row), syncs, leaders: [0] };
}

function spread(
  times: readonly Distribution[],
  n: number,
  option: string,
  voters: readonly PlannedMember[],
  table: TimeTable | undefined,
): readonly Distribution[] {
  const [first] = times;
  if (first !== undefined && times.length === 1) return Array<Distribution>(n).fill(first);
  if (times.length === n) return times;
  if (times.length === table?.names.length) return voters.map(({ zone }) => times[zone] ?? fixedTime(0));
  throw new UsageError(`${option} has ${times.length} times for ${n} voters: give one for each, or one for all.`);
}

function memberNamed(name: string, voters: readonly PlannedMember[]): number {
  const at = voters.findIndex((voter) => voter.name === name);
  if (at >= 0) return at;
  throw new UsageError(
    `--leader: there is no voter "${name}"; there are ${voters.map((voter) => voter.name).join(", ")}.`,
  );
}
