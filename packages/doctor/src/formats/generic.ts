import type { RoleName } from "../fact.ts";
import type { LogFormat } from "../format.ts";
import { Phrasebook, type Phrase } from "../phrasebook.ts";
import { timeAt } from "../timestamps.ts";
import { jsonField, jsonText } from "../json-fields.ts";
import { textField } from "./hashicorp.ts";
import { quoratePhraseList } from "./quorate-phrases.ts";

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

const messageKeys = ['"msg":"', '"message":"'];
const timeNames = ["time", "timestamp", "ts", "@timestamp"];

/**
 * JSON of whatever logger: a message, a time (in ISO 8601, or in seconds or ms since 1970), and fields. So is a member of Quorate
 * logged that is embedded in somebody's service.
 */
export const genericJson: LogFormat = {
  name: "JSON with a time and a message",
  phrases: new Phrasebook([...quoratePhraseList, ...phrases]),
  message: (line) => {
    if (line.charCodeAt(0) !== 123) return undefined;
    for (const key of messageKeys) {
      const at = line.indexOf(key);
      if (at >= 0) return jsonText(line, at + key.length);
    }
    return undefined;
  },
  time: (line) => {
    for (const name of timeNames) {
      const text = jsonField(line, name);
      if (text === undefined) continue;
      const number = Number(text);
      if (!Number.isNaN(number)) return { ms: number > mostSeconds ? number : number * 1000, hasDate: true };
      return timeAt(text);
    }
    return undefined;
  },
  field: jsonField,
  member: (line) => jsonField(line, "member"),
};

/** A larger number is one of ms. */
const mostSeconds = 1e11;

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
