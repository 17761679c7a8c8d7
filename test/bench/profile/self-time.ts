import type { CpuProfile, CpuProfileNode } from "./inspector.ts";
import type { Place } from "./places.ts";
import { placeOf } from "./places.ts";

/** What one function, file or package took, in microseconds. */
export interface Taken {
  readonly what: string;
  /** Itself, without what it called. */
  self: number;
  /** With everything that it called; once where it calls itself. */
  total: number;
}

export interface ThreadTimes {
  readonly thread: string;
  /** Of wall clock, in microseconds. */
  readonly wall: number;
  /** Of it, waiting for something to do. */
  readonly idle: number;
  /** Each by self time, most first; idleness is left out. */
  readonly functions: readonly Taken[];
  readonly files: readonly Taken[];
  readonly modules: readonly Taken[];
}

/** Where a thread's time went, by function, by file and by package. */
export function threadTimes(thread: string, profile: CpuProfile): ThreadTimes {
  const selfOf = selfTimes(profile);
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const places = new Map(profile.nodes.map((node) => [node.id, placeOf(node)]));
  const [rootNode] = profile.nodes;
  if (rootNode === undefined) throw new Error("a profile has a root");
  const by = (keyOf: (place: Place) => string): readonly Taken[] => {
    const taken = new Map<string, Taken>();
    const visit = (node: CpuProfileNode, above: ReadonlySet<string>): number => {
      const place = places.get(node.id);
      const key = place === undefined ? "" : keyOf(place);
      const one = taken.get(key) ?? { what: key, self: 0, total: 0 };
      taken.set(key, one);
      const self = selfOf.get(node.id) ?? 0;
      const inside = above.has(key) ? above : new Set([...above, key]);
      const below = (node.children ?? []).map((id) => nodes.get(id)).filter((child) => child !== undefined);
      const total = self + below.reduce((sum, child) => sum + visit(child, inside), 0);
      one.self += self;
      if (!above.has(key)) one.total += total;
      return total;
    };
    visit(rootNode, new Set());
    return [...taken.values()].filter(isWork).sort((left, right) => right.self - left.self);
  };
  const idle = profile.nodes.filter(({ callFrame }) => callFrame.functionName === "(idle)");
  return {
    thread,
    wall: profile.endTime - profile.startTime,
    idle: idle.reduce((sum, { id }) => sum + (selfOf.get(id) ?? 0), 0),
    functions: by(({ name, file, line }) => (line === 0 ? name : `${name}  ${file}:${line}`)),
    files: by(({ file }) => file),
    modules: by(({ module }) => module),
  };
}

/** A sample stands for the time from the sample before it to itself. */
function selfTimes({ samples, timeDeltas }: CpuProfile): ReadonlyMap<number, number> {
  const times = new Map<number, number>();
  for (const [index, node] of samples.entries()) {
    times.set(node, (times.get(node) ?? 0) + Math.max(0, timeDeltas[index] ?? 0));
  }
  return times;
}

function isWork({ what }: Taken): boolean {
  return what !== "(idle)" && what !== "(root)";
}
