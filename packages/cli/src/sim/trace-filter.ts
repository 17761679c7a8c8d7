import { shownKinds } from "./sim-request.ts";
import type { TraceKind } from "./sim-request.ts";

const quietKinds: readonly TraceKind[] = ["timer", "disk", "link", "step"];

/** One line of a trace, taken apart: "   12.345 1>2      append ...". */
interface TraceLine {
  readonly kind: TraceKind;
  /** Whom it is about; nobody for the network as a whole. */
  readonly members: readonly number[];
}

/** Which lines of a trace to show: those of these members (all when none is named) and of these kinds. */
export function traceFilter(
  members: readonly number[] | undefined,
  kinds: readonly TraceKind[] | undefined,
): (line: string) => boolean {
  const shown = kinds ?? shownKinds;
  return (line) => {
    const about = readLine(line);
    if (!shown.includes(about.kind)) return false;
    return members === undefined || about.members.some((member) => members.includes(member));
  };
}

function readLine(line: string): TraceLine {
  const [, who = "", what = ""] = /^\s*[\d.]+ (\S+)\s+(.*)$/.exec(line) ?? [];
  const ends = who.split(">").map((end) => Number.parseInt(end, 10));
  if (ends.length === 2) return { kind: "message", members: ends };
  if (who === "network" || who === "client") return { kind: who, members: membersIn(what) };
  const quiet = quietKinds.find((kind) => what.startsWith(`(${kind})`));
  if (quiet !== undefined) return { kind: quiet, members: ends };
  const isRole = /^(?:follower|pre-candidate|candidate|leader) of term/.test(what);
  return { kind: isRole ? "role" : "process", members: ends };
}

function membersIn(what: string): number[] {
  return [...what.matchAll(/\bmember (\d+)/g)].map(([, id]) => Number(id));
}
