import type { LabAction } from "./lab-action.ts";

/** An action as a sentence: what a reader did, in a list of events. */
export function describeAction(action: LabAction): string {
  switch (action.do) {
    case "crash":
      return `You kill member ${action.who}`;
    case "start":
      return `You start member ${action.who}`;
    case "pause":
      return `You pause the process of member ${action.who}`;
    case "resume":
      return `You let member ${action.who} go on`;
    case "suspend":
      return `You put the machine of member ${action.who} to sleep`;
    case "prune":
      return `You let member ${action.who} keep a checkpoint, and prune its log`;
    case "block":
      return `You cut ${linksText(action)}`;
    case "unblock":
      return `You let messages through again on ${linksText(action)}`;
    case "mend":
      return `You mend ${linksText(action)}`;
    case "link":
      return (
        `You set ${linksText(action)}: ${action.delayMs} ms, on average ${action.jitterMs} ms more, ` +
        `${percent(action.loss)} lost, ${percent(action.duplicates)} repeated`
      );
    case "partition":
      if (action.groups.length === 0) return "You let everybody hear everybody again";
      return action.groups.length === 1
        ? `You cut ${(action.groups[0] ?? []).join(", ")} off from the others`
        : `You cut the network apart: ${action.groups.map((group) => group.join(", ")).join(" | ")} | the others`;
    case "heal":
      return "You mend every link";
    case "jump-clock":
      return `You let the clock of member ${action.who} jump ${action.ms} ms ahead`;
    case "drift-clock":
      return action.rate === 1
        ? `The clock of member ${action.who} runs as it should again`
        : `You let the clock of member ${action.who} run ${driftText(action.rate)}`;
    case "stall-disk":
      return `You stall the disk of member ${action.who} for ${action.ms} ms`;
    case "break-disk":
      return `You let the next write of member ${action.who} fail`;
    case "damage-disk":
      return `You damage the log of member ${action.who}`;
    case "wipe-disk":
      return `You wipe the disk of member ${action.who}: it is empty`;
    case "fill-disk":
      return `You fill the disk of member ${action.who}: there is no room for anything more`;
    case "free-disk":
      return `There is room again on the disk of member ${action.who}`;
    case "write":
      return `A client writes ${action.count === 1 ? "" : `${action.count} times `}through member ${action.to}`;
    case "read":
      return `A client reads from member ${action.from}`;
    case "read-by-clock":
      return `A client reads from member ${action.from}, by its lease`;
    case "members":
      return (
        `You ask member ${action.by} for the voters ${action.voters.join(", ")}` +
        (action.learners.length > 0 ? ` and the learners ${action.learners.join(", ")}` : "") +
        (action.promotable.length > 0 ? `, of whom ${action.promotable.join(", ")} may vote once caught up` : "")
      );
    case "timing":
      return (
        `You ask member ${action.by} for an election timeout of ${action.electionTimeoutMs} ms, ` +
        `and a drift bound of ${action.clockDriftPpm / 10_000} %`
      );
    case "abandon":
      return `You ask member ${action.by} to give the change of members up`;
    case "hand-over":
      return `You ask member ${action.from} to hand over to member ${action.to}`;
  }
}

/** Which links an action is about, as a part of a sentence. */
export function linksText({ from, to }: { readonly from: number; readonly to: number }): string {
  if (from === 0) return to === 0 ? "every link" : `every link to ${to}`;
  return to === 0 ? `every link from ${from}` : `the link from ${from} to ${to}`;
}

/** How fast a clock is. */
export function driftText(rate: number): string {
  const share = Math.round(1000 * Math.abs(rate - 1)) / 10;
  return `${share} % ${rate > 1 ? "fast" : "slow"}`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
