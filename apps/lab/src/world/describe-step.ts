import type { DirectedAction, DirectedStep, Role } from "@quorate/simulator";

/** Which member plays a role of a scenario. */
export type PlayedBy = (role: Role) => number;

/** A step of a scenario as a sentence, with the members that it is about. */
export function describeStep(step: DirectedStep, playedBy: PlayedBy): string {
  const members = (roles: readonly Role[]): string =>
    `${roles.length === 1 ? "member" : "members"} ${roles.map(playedBy).join(", ")}`;
  const links = (pairs: readonly (readonly [Role, Role])[], sign: string): string =>
    pairs.map(([from, to]) => `${playedBy(from)} ${sign} ${playedBy(to)}`).join(", ");
  return sentenceOf(step, members, links, playedBy);
}

function sentenceOf(
  action: DirectedAction,
  members: (roles: readonly Role[]) => string,
  links: (pairs: readonly (readonly [Role, Role])[], sign: string) => string,
  playedBy: PlayedBy,
): string {
  switch (action.do) {
    case "cut":
      return `the links ${links(action.links, "–")} are cut`;
    case "mend":
      return `the links ${links(action.links, "–")} are mended`;
    case "block":
      return `nothing comes through any more: ${links(action.links, "→")}`;
    case "unblock":
      return `messages come through again: ${links(action.links, "→")}`;
    case "delay":
      return action.lasts === 0
        ? `messages are no longer held back: ${links(action.links, "→")}`
        : `messages are held back for ${action.lasts} T: ${links(action.links, "→")}`;
    case "drop":
      return `lost from now on (${action.types.join(", ")}): ${links(action.links, "→")}`;
    case "heal":
      return "all links are mended";
    case "crash":
      return `${members(action.who)} killed`;
    case "start":
      return `${members(action.who)} started`;
    case "pause":
      return `the process of ${members(action.who)} is paused`;
    case "resume":
      return `${members(action.who)} may go on`;
    case "suspend":
      return `the machine of ${members(action.who)} goes to sleep`;
    case "slow":
      return `${members(action.who)} slowed down`;
    case "stall-disk":
      return `the disk of ${members(action.who)} stalls for ${action.lasts} T`;
    case "jump-clock":
      return `the clock of ${members(action.who)} jumps`;
    case "patience":
      return `the election timers of ${members(action.who)} are set ${Math.round(100 * action.share)} % into their window`;
    case "propose":
      return `a client sends ${action.count === 1 ? "a command" : `${action.count} commands`} to member ${playedBy(action.to)}`;
    case "read":
      return `a client reads from member ${playedBy(action.from)}`;
    case "read-by-clock":
      return `a client reads from member ${playedBy(action.from)}, by its lease`;
    case "members": {
      const { voters, learners } = action;
      const asked = [
        ...(voters === undefined ? [] : [`the voters ${voters.map(playedBy).join(", ")}`]),
        ...(learners === undefined
          ? []
          : [learners.length === 0 ? "no learners" : `the learners ${learners.map(playedBy).join(", ")}`]),
      ];
      return `member ${playedBy(action.by)} is asked for ${asked.join(" and ")}`;
    }
    case "abandon":
      return `member ${playedBy(action.by)} is asked to give the change of members up`;
    case "hand-over":
      return `member ${playedBy(action.from)} is asked to hand over to member ${playedBy(action.to)}`;
    case "prune":
      return `${members(action.who)} told to keep a checkpoint and prune the log`;
  }
}
