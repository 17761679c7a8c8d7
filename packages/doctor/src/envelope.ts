/** What a collector of logs puts before each line: who wrote it, and where the line itself begins. */
export interface Envelope {
  readonly begin: number;
  readonly writer: string | undefined;
}

const none: Envelope = { begin: 0, writer: undefined };

const shapes: readonly RegExp[] = [
  // Container runtimes: `2026-11-21T20:22:52.590123456Z stdout F `.
  /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) std(?:out|err) [FP] ()/,
  // Compose: `etcd-1  | `, kubectl --prefix: `[pod/etcd-0/etcd] `.
  /^([\w.-]{1,64}) +\| /,
  /^\[(?:pod\/)?([\w./-]{1,128})\] (?=[{\d])/,
  // syslog and the journal: `Nov 21 20:23:02 host etcd[123]: `.
  /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d ([\w.-]{1,64}) [\w./-]+(?:\[\d+\])?: /,
];

/** Quick for lines that begin as those of a format do: with a brace, a digit, or a blank. */
export function envelopeOf(line: string): Envelope {
  const first = line.charCodeAt(0);
  if (first === 123 || first === 32 || first === 27) return none;
  const isDigit = first >= 48 && first <= 57;
  if (isDigit && (line.charCodeAt(10) !== 84 || !/ std(?:out|err) [FP] /.test(line.slice(20, 52)))) return none;
  for (const shape of shapes) {
    const match = shape.exec(line);
    if (match !== null) return { begin: match[0].length, writer: match[1] === "" ? undefined : match[1] };
  }
  return none;
}
