import type { Message } from "@quorate/raft";
import type { PacketFacts } from "./tape.ts";

/** What a message says in numbers: a tape keeps these, and not the entries. */
export function factsOf(message: Message): PacketFacts {
  const { term } = message;
  switch (message.type) {
    case "pre-vote-response":
    case "vote-response":
      return { term, granted: message.granted };
    case "append": {
      const { previous, entries, commit } = message;
      return { term, previous: previous.index, last: previous.index + entries.length, commit };
    }
    case "append-accepted":
      return { term, match: message.match };
    case "heartbeat":
      return { term, commit: message.commit };
    case "append-rejected":
    case "heartbeat-response":
    case "pre-vote-request":
    case "read-index-request":
    case "read-index-response":
    case "timeout-now":
    case "vote-request":
      return { term };
  }
}
