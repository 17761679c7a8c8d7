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
      return `You cut the link from ${action.from} to ${action.to}`;
    case "unblock":
      return `You mend the link from ${action.from} to ${action.to}`;
    case "link":
      return (
        `You set the link from ${action.from} to ${action.to}: ${action.delayMs} ms, ` +
        `${percent(action.loss)} lost, ${percent(action.duplicates)} repeated`
      );
    case "partition":
      return `You cut ${action.group.join(", ")} off from the others`;
    case "heal":
      return "You mend every link";
    case "jump-clock":
      return `You let the clock of member ${action.who} jump ${action.ms} ms ahead`;
    case "stall-disk":
      return `You stall the disk of member ${action.who} for ${action.ms} ms`;
    case "break-disk":
      return `You let the next write of member ${action.who} fail`;
    case "damage-disk":
      return `You damage the log of member ${action.who}`;
    case "write":
      return `A client writes ${action.count === 1 ? "" : `${action.count} times `}through member ${action.to}`;
    case "read":
      return `A client reads from member ${action.from}`;
    case "read-by-clock":
      return `A client reads from member ${action.from}, by its lease`;
    case "members":
      return (
        `You ask member ${action.by} for the voters ${action.voters.join(", ")}` +
        (action.learners.length > 0 ? ` and the learners ${action.learners.join(", ")}` : "")
      );
    case "abandon":
      return `You ask member ${action.by} to give the change of members up`;
    case "hand-over":
      return `You ask member ${action.from} to hand over to member ${action.to}`;
  }
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
