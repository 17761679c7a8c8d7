/** One log line as pino writes it: `time` in ISO 8601, `level` as a word, `msg`, and fields. */
type LogLine = Readonly<Record<string, unknown>>;

const colours: Readonly<Record<string, string>> = { debug: "\u001b[90m", warn: "\u001b[33m", error: "\u001b[31m" };
const reset = "\u001b[0m";
/** Fields that the line shows in fixed places. */
const placed = new Set(["time", "level", "member", "msg"]);

/** A log line for a person: "11:15:28.123 INFO  m1  became leader  term=3 index=42". */
export function formatLogLine(line: LogLine, colour: boolean): string {
  const level = String(line["level"]);
  const time = String(line["time"]).slice(11, 23);
  const member = line["member"] === undefined ? "" : `${asText(line["member"])}  `;
  const fields = Object.entries(line)
    .filter(([key]) => !placed.has(key))
    .map(([key, value]) => `${key}=${asText(value)}`);
  const text = `${time} ${level.toUpperCase().padEnd(5)} ${member}${String(line["msg"]).replaceAll("\n", " ")}`;
  const whole = fields.length === 0 ? text : `${text}  ${fields.join(" ")}`;
  const paint = colour ? colours[level] : undefined;
  return paint === undefined ? whole : `${paint}${whole}${reset}`;
}

/** Fields become JSON where their bare text could be misread, so that a line stays one line. */
function asText(value: unknown): string {
  if (typeof value === "string" && /^[\p{L}\p{N}\p{P}\p{S}]+$/u.test(value)) return value;
  return JSON.stringify(value) ?? "";
}
