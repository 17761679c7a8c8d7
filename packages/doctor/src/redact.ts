const removed = "[removed]";

/** Names whose values are nobody's business. */
const names =
  "pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret|credentials?|auth(?:orization)?|cookie|jwt";

/** What is secret wherever it stands, and what takes its place. Groups 1 and 2 stay. */
const rules: readonly (readonly [RegExp, string])[] = [
  // "password":"..." with any escapes; also where JSON stands in JSON.
  [
    new RegExp(
      `((?:\\\\*")[\\w.-]*(?:${names})[\\w.-]*(?:\\\\*")\\s*[:=]\\s*)(?:\\\\+"(?:[^"\\\\]|\\\\[^"])*\\\\+"|"(?:[^"\\\\]|\\\\.)*"|[^\\s,}\\]]+)`,
      "gi",
    ),
    `$1"${removed}"`,
  ],
  // "--password","hunter2"
  [new RegExp(`("--?[\\w.-]*(?:${names})[\\w.-]*"\\s*,\\s*)"(?:[^"\\\\]|\\\\.)*"`, "gi"), `$1"${removed}"`],
  // --password hunter2, --password=hunter2, ETCDCTL_PASSWORD=..., token: ...
  [
    new RegExp(
      `((?:^|[\\s,;?&{(\\["'])(?:--?)?[\\w.-]*(?:${names})[\\w.-]*(?:\\s*[=:]\\s*|\\s+(?=\\S)))(?:"(?:[^"\\\\]|\\\\.)*"|'[^']*'|(?:Bearer|Basic|Digest)\\s+\\S+|[^\\s;&"'})\\]]+)`,
      "gi",
    ),
    `$1${removed}`,
  ],
  // Authorization schemes, wherever they stand.
  [/\b(Bearer|Basic|Digest)(\s+)[\w+/=.~-]{6,}/gi, `$1$2${removed}`],
  // --user name:password
  [/((?:--user|-u|[A-Z]+_USER)[= ]["']?[^\s:"']+):[^\s"']+/g, `$1:${removed}`],
  // https://name:password@host
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"']*):[^\s/@"']+@/gi, `$1:${removed}@`],
  // JSON web tokens, hashes of passwords, keys of clouds.
  [/\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g, removed],
  [/\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}/g, removed],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, removed],
  [/\bgh[pousr]_[A-Za-z0-9]{20,}\b/g, removed],
];

const pemBegins = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const pemEnds = /-----END [A-Z ]*PRIVATE KEY-----/;
/** A block that does not end within so many lines was no key. */
const longestKey = 200;

/** Takes secrets out of lines: what names itself one, what looks like one, and private keys over several lines. */
export class Redactor {
  #keyLines = 0;

  /** One line without its end, as it may be shown to strangers. */
  line(text: string): string {
    const begin = pemBegins.exec(text);
    const end = pemEnds.exec(text);
    if (this.#keyLines > 0) {
      this.#keyLines = end !== null || this.#keyLines >= longestKey ? 0 : this.#keyLines + 1;
      return end === null ? removed : `${removed}${this.line(text.slice(end.index + end[0].length))}`;
    }
    if (begin === null) return plain(text);
    if (end !== null && end.index > begin.index) {
      return `${plain(text.slice(0, begin.index))}${removed}${this.line(text.slice(end.index + end[0].length))}`;
    }
    this.#keyLines = 1;
    return `${plain(text.slice(0, begin.index))}${removed}`;
  }
}

function plain(text: string): string {
  return rules.reduce((line, [pattern, instead]) => line.replaceAll(pattern, instead), text);
}

/** The same for a text of several lines. */
export function redact(text: string): string {
  const redactor = new Redactor();
  return text
    .split("\n")
    .map((line) => redactor.line(line))
    .join("\n");
}
