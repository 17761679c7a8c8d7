import type { LogFormat } from "../format.ts";
import { jsonField, jsonText } from "../json-fields.ts";
import { timeAt } from "../timestamps.ts";
import { hashicorpPhrases } from "./hashicorp-phrases.ts";

const messageKey = '"@message":"';
const timeKey = '"@timestamp":"';

/** hclog's JSON: `{"@level":"info","@message":"...","@timestamp":"...",...}`. */
export const hashicorpJson: LogFormat = {
  name: "hashicorp/raft (JSON)",
  phrases: hashicorpPhrases,
  message: (line) => {
    if (line.charCodeAt(0) !== 123) return undefined;
    const at = line.indexOf(messageKey);
    return at < 0 ? undefined : jsonText(line, at + messageKey.length);
  },
  time: (line) => timeAt(line, line.indexOf(timeKey) + timeKey.length),
  field: jsonField,
};

/**
 * hclog's text, `2021-05-06T17:29:58.818+0800 [WARN]  agent.server.raft: message: name=value`, and what Go's own logger made of
 * it before, `2016/05/02 00:59:56 [WARN] raft: message`. Both are often indented.
 */
export const hashicorpText: LogFormat = {
  name: "hashicorp/raft (text)",
  phrases: hashicorpPhrases,
  message: (line) => {
    const begin = firstLetter(line);
    const mark = line.charCodeAt(begin + 4);
    if (mark !== 45 && mark !== 47) return undefined;
    const level = line.indexOf(" [", begin + 18);
    if (level < 0 || level > begin + 36) return undefined;
    const close = line.indexOf("] ", level);
    if (close < 0 || close > level + 8) return undefined;
    const name = line.indexOf(": ", close);
    if (name < 0) return undefined;
    const isName = /^ +[\w.\-/]+$/.test(line.slice(close + 1, name));
    const message = isName ? line.slice(name + 2) : line.slice(close + 1).trimStart();
    // Names and values follow the last colon.
    const end = message.search(/: +[\w-]+=/);
    return end < 0 ? message : message.slice(0, end);
  },
  time: (line) => timeAt(line, firstLetter(line)),
  field: textField,
};

function firstLetter(line: string): number {
  let at = 0;
  while (line.charCodeAt(at) === 32 || line.charCodeAt(at) === 9) at++;
  return at;
}

/** `name=value` or `name="a value"`. */
export function textField(line: string, name: string): string | undefined {
  const key = ` ${name}=`;
  const at = line.indexOf(key);
  if (at < 0) return undefined;
  const begin = at + key.length;
  if (line.charAt(begin) === '"') return jsonText(line, begin + 1);
  const end = line.indexOf(" ", begin);
  return end < 0 ? line.slice(begin) : line.slice(begin, end);
}
