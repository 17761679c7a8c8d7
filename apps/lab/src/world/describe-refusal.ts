import type { ChangeRefusal, Refusal, TransferRefusal } from "@quorate/raft";

/** Why a core turned a request away, as a sentence. */
export function describeRefusal(refusal: Refusal | ChangeRefusal | TransferRefusal): string {
  switch (refusal.reason) {
    case "not-leader":
      return refusal.leader === 0
        ? "refuses: it does not lead, and knows no leader"
        : `refuses: it does not lead; member ${refusal.leader} does, as far as it knows`;
    case "busy":
      return `refuses: a bound is reached (${refusal.bound})`;
    case "too-large":
      return `refuses: more than ${refusal.limitBytes} bytes`;
    case "transferring":
      return `refuses: it is handing over to member ${refusal.to}`;
    case "invalid-change":
    case "nothing-to-abandon":
      return `refuses: ${refusal.why}`;
    case "id-was-removed":
      return `refuses: member ${refusal.id} was removed, and an id never comes back`;
    case "no-change":
      return "refuses: all is so already";
    case "change-in-progress":
      return `refuses: the change at entry ${refusal.index} is not finished`;
    case "not-ready":
      return "refuses: it has committed nothing in its own term yet";
    case "not-caught-up":
      return `refuses: ${refusal.needed} of the new voters must be caught up and heard; behind: ${refusal.behind.join(", ")}`;
    case "invalid-target":
      return `refuses: ${refusal.why}`;
    case "no-target":
      return "refuses: nobody who could take over was heard within T";
  }
}
