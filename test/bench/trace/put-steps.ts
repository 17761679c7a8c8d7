import type { End } from "./descriptors.ts";
import type { SystemCall } from "./system-calls.ts";

/** The steps of one put, in microseconds. The follower is the one whose acknowledgement came first. */
export interface PutSteps {
  /** From the request's arrival at the leader until it is on its way to the follower. */
  readonly leaderToSend: number;
  /** From its arrival until the leader's sync begins. */
  readonly leaderToSync: number;
  readonly leaderSync: number;
  /** From the leader's write until the follower has read it. */
  readonly wireThere: number;
  readonly followerToSync: number;
  readonly followerSync: number;
  readonly followerToSend: number;
  readonly wireBack: number;
  /** From the later of the leader's sync and the acknowledgement until the last piece of the answer is written. */
  readonly leaderToAnswer: number;
  /** From the request's arrival at the leader until the last piece of the answer is written. */
  readonly inLeader: number;
}

/** Smaller ones are not a put of 256 bytes, but a heartbeat or an acknowledgement. */
const leastEntryBytes = 256;

/**
 * Finds the steps of each put of a single client in the system calls of the members; a put is left out when one of its
 * steps cannot be found before the next request.
 */
export function putSteps(
  calls: readonly SystemCall[],
  ends: ReadonlyMap<string, End>,
  leader: number,
): readonly PutSteps[] {
  const log = sorted(calls, ends, leader);
  const arrivals = log.requests.map(({ end }) => end);
  return arrivals.flatMap((arrival, index) => {
    const until = arrivals[index + 1];
    const steps = until === undefined ? undefined : stepsOf(log, arrival, until);
    return steps === undefined ? [] : [steps];
  });
}

function stepsOf(log: Log, arrival: number, until: number): PutSteps | undefined {
  const leaderSync = firstBegun(log.leaderSyncs, arrival);
  if (leaderSync === undefined) return undefined;
  const trips = log.followers.map((follower) => tripOf(follower, arrival)).filter((trip) => trip !== undefined);
  const [trip] = trips.sort((left, right) => left.acknowledged - right.acknowledged);
  if (trip === undefined) return undefined;
  const committed = Math.max(leaderSync.end, trip.acknowledged);
  // Its last piece, since it may be written in several; after it the client sends its next request.
  const answer = lastBegun(log.answers, until);
  if (answer === undefined || answer.begin < committed) return undefined;
  return {
    leaderToSend: trip.sent - arrival,
    leaderToSync: leaderSync.begin - arrival,
    leaderSync: leaderSync.end - leaderSync.begin,
    wireThere: trip.received - trip.sent,
    followerToSync: trip.sync.begin - trip.received,
    followerSync: trip.sync.end - trip.sync.begin,
    followerToSend: trip.acknowledging - trip.sync.end,
    wireBack: trip.acknowledged - trip.acknowledging,
    leaderToAnswer: answer.begin - committed,
    inLeader: answer.begin - arrival,
  };
}

/** To one follower and back. */
function tripOf({ sends, receipts, syncs, acknowledgements, acknowledged }: FollowerLog, arrival: number) {
  const send = firstBegun(sends, arrival);
  if (send === undefined) return undefined;
  const receipt = firstEnded(receipts, send.begin);
  if (receipt === undefined) return undefined;
  const sync = firstBegun(syncs, receipt.end);
  if (sync === undefined) return undefined;
  const acknowledgement = firstBegun(acknowledgements, sync.end);
  if (acknowledgement === undefined) return undefined;
  const back = firstEnded(acknowledged, acknowledgement.begin);
  if (back === undefined) return undefined;
  return {
    sent: send.begin,
    received: receipt.end,
    sync,
    acknowledging: acknowledgement.begin,
    acknowledged: back.end,
  };
}

/** Calls by what they do, each list in the order of time. */
interface Log {
  readonly requests: readonly SystemCall[];
  readonly answers: readonly SystemCall[];
  readonly leaderSyncs: readonly SystemCall[];
  readonly followers: readonly FollowerLog[];
}

interface FollowerLog {
  readonly sends: readonly SystemCall[];
  readonly receipts: readonly SystemCall[];
  readonly syncs: readonly SystemCall[];
  readonly acknowledgements: readonly SystemCall[];
  readonly acknowledged: readonly SystemCall[];
}

function sorted(calls: readonly SystemCall[], ends: ReadonlyMap<string, End>, leader: number): Log {
  const done = calls.filter(({ result }) => result >= 0);
  const of = (pid: number, reading: boolean, isEnd: (end: End) => boolean) =>
    done.filter((call) => {
      const end = ends.get(`${call.pid}:${call.descriptor}`);
      const wanted = reading ? call.name === "read" && call.result > 0 : call.name.startsWith("write");
      return call.pid === pid && wanted && end !== undefined && isEnd(end);
    });
  const syncs = (pid: number) =>
    done.filter((call) => {
      const end = ends.get(`${call.pid}:${call.descriptor}`);
      return call.pid === pid && call.name === "fdatasync" && end?.kind === "log";
    });
  const isClient = (end: End) => end.kind === "client";
  const isPeer = (pid: number) => (end: End) => end.kind === "peer" && end.pid === pid;
  const large = (call: SystemCall) => call.result >= leastEntryBytes;
  const followers = [...new Set(done.map(({ pid }) => pid))].filter((pid) => pid !== leader);
  return {
    requests: of(leader, true, isClient).filter(large),
    answers: of(leader, false, isClient),
    leaderSyncs: syncs(leader),
    followers: followers.map((pid) => ({
      sends: of(leader, false, isPeer(pid)).filter(large),
      receipts: of(pid, true, isPeer(leader)).filter(large),
      syncs: syncs(pid),
      acknowledgements: of(pid, false, isPeer(leader)),
      acknowledged: of(leader, true, isPeer(pid)),
    })),
  };
}

function firstBegun(calls: readonly SystemCall[], from: number): SystemCall | undefined {
  return calls[indexFrom(calls, from, ({ begin }) => begin)];
}

function lastBegun(calls: readonly SystemCall[], before: number): SystemCall | undefined {
  return calls[indexFrom(calls, before, ({ begin }) => begin) - 1];
}

function firstEnded(calls: readonly SystemCall[], from: number): SystemCall | undefined {
  return calls[indexFrom(calls, from, ({ end }) => end)];
}

/** Where those from a moment on begin; by halving, as calls of one kind at one place follow each other. */
function indexFrom(calls: readonly SystemCall[], from: number, timeOf: (call: SystemCall) => number): number {
  let low = 0;
  let high = calls.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const call = calls[middle];
    if (call !== undefined && timeOf(call) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
