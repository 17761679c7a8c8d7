import type { Recorded } from "./operations.ts";
import { isOnFiles, operationAt } from "./operations.ts";
import { SeededRandom } from "./random.ts";

/** One power cut. Everything about it follows from these numbers and the recording. */
export interface Cut {
  /** How many moments of the record have passed. */
  readonly position: number;
  readonly seed: number;
}

/** Where cuts are made. */
const kinds = ["anywhere", "after an answer", "beside a change of names", "beside a sync"] as const;

/**
 * Positions for `count` cuts: a quarter anywhere, as many just after a client or a member was told something, the others where names
 * change and around syncs, which are few and where the hard cases lie. `from` leaves out that part of the recording, from 0 to 1.
 * In ascending order.
 */
export function chooseCuts({ moments, operations }: Recorded, count: number, seed: number, from = 0): readonly Cut[] {
  const random = new SeededRandom(seed);
  const first = Math.floor(moments.length * from);
  const answers: number[] = [];
  const names: number[] = [];
  const syncs: number[] = [];
  const namesChange = new Set(["rename", "link", "unlink", "mkdir", "rmdir", "open"]);
  for (const [position, moment] of moments.entries()) {
    if (position < first) continue;
    const kind = operations[moment >> 1]?.kind ?? "";
    if (kind === "acknowledged" || kind === "promise") answers.push(position);
    else if (namesChange.has(kind)) names.push(position);
    else if (kind === "sync") syncs.push(position);
  }
  const cuts: Cut[] = [];
  while (cuts.length < count) {
    const kind = kinds[cuts.length % kinds.length];
    const around = kind === "after an answer" ? answers : kind === "beside a change of names" ? names : syncs;
    const base = kind === "anywhere" ? first + random.below(moments.length - first) : random.pick(around);
    const shift = kind === "anywhere" ? 0 : kind === "after an answer" ? 1 : random.below(4);
    const position = Math.min(moments.length, base + shift);
    cuts.push({ position, seed: Math.floor(random.next() * 2 ** 31) });
  }
  return cuts.sort((a, b) => a.position - b.position);
}

/** What the member was at when the power failed, for the summary. */
export function placeOf(recorded: Recorded, position: number): string {
  for (let at = Math.min(position, recorded.moments.length) - 1; at >= 0; at--) {
    const operation = operationAt(recorded, at);
    if (!isOnFiles(operation)) continue;
    const isOver = ((recorded.moments[at] as number) & 1) === 1;
    const when = operation.kind === "sync" && !isOver ? "during" : "after";
    return `${when} ${operation.kind} of ${fileKind(operation.path, operation.kind)}`;
  }
  return "before the first file";
}

function fileKind(path: string, kind: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name.endsWith(".wal.tmp")) return "a new segment";
  if (name.endsWith(".wal")) return "a segment";
  if (name.startsWith("marks")) return "the sync marks";
  if (name.endsWith(".log")) return "the engine's log";
  if (name.endsWith(".ldb")) return "an engine's table";
  if (/^(MANIFEST|CURRENT|\d+\.dbtmp)/.test(name)) return "the engine's manifest";
  if (/^LO(G|CK)/.test(name)) return "the engine's other files";
  return kind === "sync" || kind === "mkdir" ? "a directory" : "another file";
}
