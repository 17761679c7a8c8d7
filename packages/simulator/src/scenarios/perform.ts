import type { MemberId } from "@quorate/raft";
import type { FaultTarget } from "../nemesis.ts";
import type { Action, Role } from "./scenario.ts";

/** Who has a role. @throws RangeError for a role that this cluster is too small for. */
export type IdOf = (role: Role) => MemberId;

export function idsOf(roles: ReadonlyMap<Role, MemberId>): IdOf {
  return (role) => {
    const id = roles.get(role);
    if (id === undefined) throw new RangeError(`there is no "${role}" among ${roles.size} members`);
    return id;
  };
}

/** Lets one action of a scenario happen to a cluster of any kind of member. */
export function perform(target: FaultTarget, action: Action, idOf: IdOf, electionTimeoutMs: number): void {
  const { conditions } = target;
  switch (action.do) {
    case "cut":
    case "mend":
      for (const [one, other] of action.links) {
        const change = action.do === "cut" ? "block" : "unblock";
        conditions[change](idOf(one), idOf(other));
        conditions[change](idOf(other), idOf(one));
      }
      return;
    case "block":
    case "unblock":
      for (const [from, to] of action.links) conditions[action.do](idOf(from), idOf(to));
      return;
    case "delay": {
      const minDelayMs = action.lasts * electionTimeoutMs;
      for (const [from, to] of action.links) conditions.change(idOf(from), idOf(to), { minDelayMs });
      return;
    }
    case "heal":
      conditions.heal();
      return;
    case "slow":
      for (const role of action.who) target.slow(idOf(role), action.perEvent * electionTimeoutMs);
      return;
    case "stall-disk":
      for (const role of action.who) target.failDisk(idOf(role), { stalledMs: action.lasts * electionTimeoutMs });
      return;
    case "jump-clock": {
      const { who, monotonic, wall } = action;
      for (const role of who) target.jumpClock(idOf(role), monotonic * electionTimeoutMs, wall * electionTimeoutMs);
      return;
    }
    case "crash":
    case "start":
    case "pause":
    case "resume":
    case "suspend":
      for (const role of action.who) target[action.do](idOf(role));
  }
}
