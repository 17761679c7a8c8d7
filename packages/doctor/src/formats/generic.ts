import type { RoleName } from "../fact.ts";
import type { LogFormat } from "../format.ts";
import { Phrasebook, type Phrase } from "../phrasebook.ts";
import { timeAt } from "../timestamps.ts";
import { textField } from "./hashicorp.ts";

const who = "([\\w.:-]+)";

/** What many Raft logs say in much the same words, whoever wrote them. */
const phrases: readonly Phrase[] = [
  {
    needs: "ismatch",
    pattern: new RegExp(
      `-> ${who} .*mismatch (?:at|@) (?:idx|index)[= ](\\d+),? term[= ](\\d+).*follower.* term[= ](\\d+)`,
    ),
    fact: ([, peer, index, term, own]) => ({
      kind: "mismatch",
      peer,
      index: Number(index),
      term: Number(term),
      own: Number(own),
    }),
  },
  {
    needs: "diverged",
    pattern: new RegExp(`${who} (?:has )?diverged`),
    fact: ([, peer]) => ({ kind: "diverged", peer }),
  },
  {
    needs: "ecame",
    pattern: /became (?:the )?(follower|pre-?candidate|candidate|leader)\b.*?term[ =:]*(\d+)/i,
    fact: ([, role = "", term]) => ({ kind: "role", role: roleOf(role), term: Number(term) }),
  },
  {
    needs: "timeout",
    pattern: /(?:election|heartbeat) timeout.*(?:start|becom|elect)/i,
    fact: () => ({ kind: "leader-lost" }),
  },
  {
    needs: "quorum",
    pattern: /(?:lost|no|without) quorum|quorum.*step(?:s|ping|ped) down|step(?:s|ping|ped) down.*quorum/i,
    fact: () => ({ kind: "quorum-lost" }),
  },
  { needs: "no space left", fact: () => ({ kind: "no-space", text: "disk" }) },
  {
    needs: "sync",
    pattern: /f(?:data)?sync.*(?:took|slow)\D*([\d.]+) ?(ms|s)\b/i,
    fact: ([, took, unit]) => ({ kind: "slow-sync", value: Number(took) * (unit === "s" ? 1000 : 1) }),
  },
];

function roleOf(text: string): RoleName {
  const name = text.toLowerCase();
  return name === "precandidate" ? "pre-candidate" : (name as RoleName);
}

/** A time (with or without a date), a level, perhaps a name and a colon, and a message. */
export const generic: LogFormat = {
  name: "text with a time and a level",
  phrases: new Phrasebook(phrases),
  message: (line) => {
    const [whole] =
      /^\[?(?:\d{4}[-/]\d\d[-/]\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?\s+\[?[A-Za-z]{1,7}\]?:?\s+/.exec(
        line,
      ) ?? [];
    return whole === undefined ? undefined : line.slice(whole.length);
  },
  time: (line) => timeAt(line, line.startsWith("[") ? 1 : 0),
  field: textField,
};
