import { realRules } from "@quorate/raft";
import { aroundDisk } from "../planted-bugs/around.ts";
import { withNaiveElections, withoutFencing } from "./broken-rules.ts";
import type { BrokenMemberVariant, MemberExpectation } from "./member-scenario.ts";

/** What whole members are shown with when something of them, or under them, is broken. */

/** Nobody asks whether it still leads: neither the leader itself nor its reads. */
export function membersWithoutFencing(expects: MemberExpectation): BrokenMemberVariant {
  const { what, rules } = withoutFencing(expects);
  return { what, parts: { rules: { ...realRules, ...rules } }, expects };
}

/** Every candidate stands at once, and everybody listens to it. */
export function membersWithNaiveElections(expects: MemberExpectation): BrokenMemberVariant {
  const { what, rules, unwatched = [] } = withNaiveElections(expects);
  return { what, parts: { rules: { ...realRules, ...rules } }, unwatched, expects };
}

/** The disk says synced and is not. */
export function onLyingDisks(expects: MemberExpectation): BrokenMemberVariant {
  // What is watched of single files would fall before the power does.
  const unwatched = ["known starts"];
  return { what: "the disks say synced and are not", parts: { drive: { lostSyncProbability: 1 } }, unwatched, expects };
}

/** The log goes on after a failed sync. */
export function takingFailedSyncsForDone(expects: MemberExpectation): BrokenMemberVariant {
  const disk = aroundDisk({
    file: (file) => ({
      writeAndSync: (offset, bytes, done) => file.writeAndSync(offset, bytes, () => done(undefined)),
      dataSync: (done) => file.dataSync(() => done(undefined)),
    }),
  });
  return { what: "a failed sync is taken for done", parts: { disk }, expects };
}

/** A leader whose disk stands still goes on. */
export function whoeverLeadsStays(expects: MemberExpectation): BrokenMemberVariant {
  const limits = { maxPersistStallTimeouts: 1_000_000 };
  return { what: "a leader stays however long its disk stands still", parts: {}, limits, expects };
}
