import type { LogFormat } from "../format.ts";
import { jsonField, jsonText } from "../json-fields.ts";
import { timeAt } from "../timestamps.ts";
import { textField } from "./hashicorp.ts";
import { quoratePhrases } from "./quorate-phrases.ts";

const messageKey = '"msg":"';
const timeKey = '"time":"';

/** `{"level":"info","time":"2026-...Z","member":"m1",...,"msg":"..."}`: `quorate serve --log-format json`. */
export const quorateJson: LogFormat = {
  name: "Quorate (JSON)",
  phrases: quoratePhrases,
  message: (line) => {
    if (line.charCodeAt(0) !== 123 || !line.startsWith('"level":"', 1)) return undefined;
    const time = line.indexOf(timeKey);
    if (time < 0 || time > 30) return undefined;
    const at = line.lastIndexOf(messageKey);
    return at < 0 ? undefined : jsonText(line, at + messageKey.length);
  },
  time: (line) => timeAt(line, line.indexOf(timeKey) + timeKey.length),
  field: jsonField,
  member: (line) => jsonField(line, "member"),
};

const colour = "\u001b";

/** `11:15:28.123 INFO  m1  raft: became leader: ...  role=leader term=3 leader=1`: the same, for people. */
export const quoratePretty: LogFormat = {
  name: "Quorate (text)",
  phrases: quoratePhrases,
  message: (line) => {
    const begin = line.startsWith(colour) ? line.indexOf("m") + 1 : 0;
    if (line.charCodeAt(begin + 2) !== 58 || line.charCodeAt(begin + 8) !== 46) return undefined;
    // The time, the level in five letters, the member, and two blanks.
    const member = line.indexOf("  ", begin + 19);
    if (member < 0 || line.charCodeAt(begin + 12) !== 32) return undefined;
    const end = line.search(/ {2}[A-Za-z]+=/);
    return end <= member ? line.slice(member + 2) : line.slice(member + 2, end);
  },
  time: (line) => timeAt(line, line.startsWith(colour) ? line.indexOf("m") + 1 : 0),
  field: textField,
  member: (line) => /(?:DEBUG|INFO |WARN |ERROR) (\S+) {2}/.exec(line)?.[1],
};
