/**
 * A field of a line of JSON, without parsing the line: text as it is between its quotes, with the commonest escapes undone;
 * numbers, words and lists as they are written.
 */
export function jsonField(line: string, name: string): string | undefined {
  const key = `"${name}":`;
  const at = line.indexOf(key);
  if (at < 0) return undefined;
  let begin = at + key.length;
  while (line.charCodeAt(begin) === 32) begin++;
  const first = line.charAt(begin);
  if (first === '"') return jsonText(line, begin + 1);
  if (first === "[") {
    const end = line.indexOf("]", begin);
    return end < 0 ? undefined : line.slice(begin, end + 1);
  }
  let end = begin;
  while (end < line.length && line.charAt(end) !== "," && line.charAt(end) !== "}") end++;
  return line.slice(begin, end);
}

/** The text that begins at `begin`, up to its closing quote; undefined where there is none. */
export function jsonText(line: string, begin: number): string | undefined {
  let end = line.indexOf('"', begin);
  while (end > 0 && isEscaped(line, end)) end = line.indexOf('"', end + 1);
  if (end < 0) return undefined;
  const text = line.slice(begin, end);
  return text.includes("\\") ? text.replaceAll(/\\(["\\/])/g, "$1") : text;
}

function isEscaped(line: string, at: number): boolean {
  let slashes = 0;
  while (line.charAt(at - 1 - slashes) === "\\") slashes++;
  return slashes % 2 === 1;
}
