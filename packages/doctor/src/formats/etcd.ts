import type { LogFormat } from "../format.ts";
import { jsonField, jsonText } from "../json-fields.ts";
import { timeAt } from "../timestamps.ts";
import { etcdPhrases } from "./etcd-phrases.ts";

const messageKey = '"msg":"';
const timeKey = '"ts":"';

/** `{"level":"info","ts":"2026-11-21T20:22:52.590Z","caller":"...","msg":"...",...}`: etcd 3.4 with zap, 3.5 and later. */
export const etcdZap: LogFormat = {
  name: "etcd (zap JSON)",
  phrases: etcdPhrases,
  message: (line) => {
    if (line.charCodeAt(0) !== 123 || !line.startsWith('"level":"', 1)) return undefined;
    const time = line.indexOf(timeKey);
    if (time < 0 || time > 40) return undefined;
    const at = line.indexOf(messageKey, time);
    return at < 0 ? undefined : jsonText(line, at + messageKey.length);
  },
  time: (line) => timeAt(line, line.indexOf(timeKey) + timeKey.length),
  field: jsonField,
};

/**
 * etcd 3.4 as it logs unless told otherwise: `2026-11-21 20:23:02.590 I | rafthttp: ...`; and its raft package, which logs past
 * it: `raft2026/11/21 20:23:02 INFO: ...`.
 */
export const etcdCapnslog: LogFormat = {
  name: "etcd (capnslog)",
  phrases: etcdPhrases,
  message: (line) => {
    if (line.startsWith("raft20")) {
      const at = line.indexOf(": ", 23);
      return at < 0 || at > 40 ? undefined : line.slice(at + 2);
    }
    if (line.charCodeAt(4) !== 45 || !line.startsWith(" | ", 28)) return undefined;
    const at = line.indexOf(": ", 31);
    return at < 0 ? line.slice(31) : line.slice(at + 2);
  },
  time: (line) => timeAt(line, line.startsWith("raft") ? 4 : 0),
  field: () => undefined,
};

/** `2026-11-21T20:22:52.590Z<tab>info<tab>caller.go:1<tab>message<tab>{...}`: zap's console encoding. */
export const etcdConsole: LogFormat = {
  name: "etcd (zap console)",
  phrases: etcdPhrases,
  message: (line) => {
    const level = line.indexOf("\t");
    if (level < 19 || level > 35 || line.charCodeAt(4) !== 45) return undefined;
    const [, message = ""] = /^[a-zA-Z]+\t(?:[\w-]+\t)?(?:[^\t]*\.go:\d+\t)?([^\t]*)/.exec(line.slice(level + 1)) ?? [];
    return message === "" ? undefined : message;
  },
  time: (line) => timeAt(line),
  // zap writes its fields with blanks after the colons here.
  field: (line, name) => jsonField(line, name),
};
