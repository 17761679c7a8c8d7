import { decodeConfiguration, entryKinds, isJoint, payloadOf } from "@quorate/raft";
import type { Configuration, Entry, LogIndex, Term } from "@quorate/raft";
import type { LogView } from "../log-view.ts";
import { SafetyViolation } from "../observation.ts";
import type { Checker, Observed, ObservedStatus } from "../observation.ts";
import { canDecideApart } from "./quorum-overlap.ts";

/** A configuration that some leader appended. */
interface Appended {
  readonly index: LogIndex;
  readonly term: Term;
  readonly configuration: Configuration;
}

/**
 * Configuration safety (Raft §6, DESIGN §3): the configuration in force is the last one in the log, committed or not, and
 * goes back with it; of two that follow each other every two quorums share a member; one change at a time, by a leader that
 * has committed an entry of its own term (the correction of 2015); and the joint one is left by the new one once it is
 * committed, or by the old one where nobody else can have appended the new one, or it can win no more.
 */
export function configurationSafety(): Checker {
  /** All that were ever appended, once each, in the order of their first appearance. */
  const known: Appended[] = [];
  /** The one that the cluster began with; members that join later do not know it. */
  let initial: Configuration | undefined;
  /** Appended in the turn that is being looked at, and by whom. */
  let fresh: (Appended & { readonly by: Observed })[] = [];

  /** The last configuration in a log before `before`; undefined for the one that the cluster began with. */
  const lastIn = (log: LogView, before: LogIndex): Appended | undefined => {
    let last: Appended | undefined;
    for (const one of known) {
      if (one.index >= before || one.index < (last?.index ?? 0) || log.termAt(one.index) !== one.term) continue;
      last = one;
    }
    return last;
  };

  const fail = (name: string, message: string): never => {
    throw new SafetyViolation(name, message);
  };

  const checkStep = (name: string, member: Observed, after: ObservedStatus, step: Appended): void => {
    const before = lastIn(member.log, step.index);
    const from = before?.configuration ?? initial;
    if (from === undefined) return;
    const told = `leader ${member.id} goes from ${describe(from)} to ${describe(step.configuration)}`;
    if (canDecideApart(from, step.configuration)) fail(name, `${told}: the two can decide apart`);
    const ownCommit = after.commitIndex > 0 && member.log.termAt(after.commitIndex) === step.term;
    if (isJoint(from)) {
      const isOwn = before?.term === step.term;
      if (sameIds(step.configuration.voters, from.outgoing)) {
        if (!isOwn && !ownCommit) fail(name, `${told}: it has neither begun that change nor committed in its term`);
        return;
      }
      if (!sameIds(step.configuration.voters, from.voters)) fail(name, `${told}: that ends no joint configuration`);
    }
    if (!ownCommit) fail(name, `${told} before it has committed an entry of its own term`);
    if (after.commitIndex < (before?.index ?? 0)) fail(name, `${told}, and the first is not committed`);
  };

  return {
    name: "configuration safety",
    started(member, { configurationIndex: index, configuration }) {
      const term = member.log.termAt(index);
      if (index === 0 && configuration.voters.length > 0) initial ??= configuration;
      // Whole members have the first one in their logs from the start, and no leader appended it.
      if (index > 0 && known.length === 0 && term !== undefined) known.push({ index, term, configuration });
    },
    appended(member, entry) {
      if (entry.kind !== entryKinds.configuration) return;
      if (known.some(({ index, term }) => index === entry.index && term === entry.term)) return;
      const one = placed(entry);
      known.push(one);
      fresh.push({ ...one, by: member });
    },
    changed(member, _before, after) {
      // Who died in its turn is asked nothing more; nor is who led no more at its end, since what it knew then is gone.
      const steps = fresh.filter(({ by, term }) => by === member && term === after.term);
      fresh = [];
      for (const step of steps) checkStep(this.name, member, after, step);
      const last = lastIn(member.log, Number.POSITIVE_INFINITY);
      if (after.configurationIndex === (last?.index ?? 0)) return;
      fail(
        this.name,
        `member ${member.id} goes by the configuration of entry ${after.configurationIndex}; ` +
          `the last in its log is that of entry ${last?.index ?? 0}`,
      );
    },
  };
}

function placed(entry: Entry): Appended {
  return { index: entry.index, term: entry.term, configuration: decodeConfiguration(payloadOf(entry)) };
}

function describe({ voters, outgoing }: Configuration): string {
  return outgoing.length === 0 ? `{${voters.join(",")}}` : `{${outgoing.join(",")}}+{${voters.join(",")}}`;
}

function sameIds(some: readonly number[], others: readonly number[]): boolean {
  return some.length === others.length && some.every((id, at) => id === others[at]);
}
