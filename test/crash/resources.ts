import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { MemberProcess } from "../harness/member-process.ts";

/** Open descriptors of a process, by kind. `deleted`: files that have no name any more. */
export interface Descriptors {
  readonly socket: number;
  readonly pipe: number;
  readonly other: number;
  readonly file: number;
  readonly deleted: number;
}

/** More descriptors than at the beginning that are no leak: connections that are being replaced, files being rolled. */
const slack: Descriptors = { socket: 8, pipe: 4, other: 8, file: 24, deleted: 8 };
/** Memory of the first minutes of a process is not compared: caches fill. */
const warmUpMs = 150_000;
const minSamples = 24;
/** A leak is growth of the floor of the heap by more than this from the first third of a life to the last. */
const maxHeapGrowthMiB = 48;
const maxRssGrowthMiB = 160;
const maxGrowthShare = 0.6;

/** What a process holds at one time. */
export interface Sample {
  readonly atMs: number;
  readonly heapMiB: number;
  readonly rssMiB: number;
}

/** A member with a process that holds descriptors. */
interface Holder {
  readonly name: string;
  readonly pid: number | undefined;
  readonly options: { readonly dataDir: string };
}

/** One process of a member, as it was seen over time. */
interface Life {
  readonly name: string;
  readonly pid: number;
  readonly begunMs: number;
  readonly samples: Sample[];
}

export interface LifeReport {
  readonly member: string;
  readonly minutes: number;
  readonly heapFloorMiB: readonly [first: number, last: number];
  readonly rssFloorMiB: readonly [first: number, last: number];
}

/** Watches what members hold: memory over each process's life, descriptors at quiet moments. */
export class Resources {
  readonly #lives: Life[] = [];
  readonly #baseline = new Map<string, Descriptors>();

  /** Every ten seconds or so. A member that does not answer is left out. */
  async sample(members: readonly MemberProcess[]): Promise<void> {
    await Promise.all(members.map((member) => this.#sample(member)));
  }

  add(name: string, pid: number, sample: Sample): void {
    const known = this.#lives.find((life) => life.pid === pid);
    const life = known ?? { name, pid, begunMs: sample.atMs, samples: [] };
    if (known === undefined) this.#lives.push(life);
    life.samples.push(sample);
  }

  /** At a quiet moment: what counts as normal from now on. */
  takeBaseline(members: readonly Holder[]): void {
    for (const { name, pid } of members) if (pid !== undefined) this.#baseline.set(name, descriptorsOf(pid));
  }

  /** At a quiet moment: kinds of descriptors of which a member holds more than is normal. */
  leakedDescriptors(members: readonly Holder[]): readonly string[] {
    return members.flatMap(({ name, pid, options: { dataDir } }) => {
      const before = this.#baseline.get(name);
      if (pid === undefined || before === undefined) return [];
      const now = descriptorsOf(pid);
      // A member may hold every file of its folder open, of which there are more as its state grows.
      const limits = { ...before, file: Math.max(before.file, countFiles(dataDir)) };
      return (Object.keys(slack) as (keyof Descriptors)[])
        .filter((kind) => now[kind] > limits[kind] + slack[kind])
        .map((kind) => `${name} holds ${now[kind]} descriptors of kind ${kind}, ${before[kind]} after the warm-up`);
    });
  }

  /** Lives in which memory has grown as it does not without a leak. */
  leakedMemory(): readonly string[] {
    const grown = this.#longLives().map((life) => [
      describeGrowth(life, "heap", life.heapFloorMiB, maxHeapGrowthMiB),
      describeGrowth(life, "resident memory", life.rssFloorMiB, maxRssGrowthMiB),
    ]);
    return grown.flat().filter((text) => text !== undefined);
  }

  /** The longest life of each member. */
  report(): readonly LifeReport[] {
    const longest = new Map<string, LifeReport>();
    for (const life of this.#longLives()) {
      if (life.minutes > (longest.get(life.member)?.minutes ?? 0)) longest.set(life.member, life);
    }
    return [...longest.values()].sort((a, b) => (a.member < b.member ? -1 : 1));
  }

  #longLives(): readonly LifeReport[] {
    return this.#lives.flatMap(({ name, begunMs, samples }) => {
      const grown = samples.filter(({ atMs }) => atMs - begunMs > warmUpMs);
      if (grown.length < minSamples) return [];
      const third = Math.floor(grown.length / 3);
      const floors = (of: (sample: Sample) => number): readonly [number, number] => [
        lowest(grown.slice(0, third).map(of)),
        lowest(grown.slice(-third).map(of)),
      ];
      const minutes = Math.round(((grown.at(-1)?.atMs ?? begunMs) - begunMs) / 60_000);
      const heapFloorMiB = floors(({ heapMiB }) => heapMiB);
      return [{ member: name, minutes, heapFloorMiB, rssFloorMiB: floors(({ rssMiB }) => rssMiB) }];
    });
  }

  async #sample({ name, pid, clientUrl }: MemberProcess): Promise<void> {
    if (pid === undefined) return;
    try {
      const answer = await fetch(`${clientUrl}/metrics`, { signal: AbortSignal.timeout(2000) });
      const heap = /^nodejs_heap_size_used_bytes (\S+)/m.exec(await answer.text())?.[1];
      const rss = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      if (heap === undefined || rss === undefined) return;
      this.add(name, pid, { atMs: performance.now(), heapMiB: Number(heap) / 2 ** 20, rssMiB: Number(rss) / 1024 });
    } catch {
      // It is down, stopped, or too busy to say.
    }
  }
}

function describeGrowth(
  { member, minutes }: LifeReport,
  what: string,
  [first, last]: readonly [number, number],
  limitMiB: number,
): string | undefined {
  if (last - first <= Math.max(limitMiB, first * maxGrowthShare)) return undefined;
  return `${member}: the floor of its ${what} has grown from ${first} to ${last} MiB in ${minutes} minutes`;
}

function lowest(values: readonly number[]): number {
  return Math.round(Math.min(...values));
}

export function descriptorsOf(pid: number): Descriptors {
  const counts = { socket: 0, pipe: 0, other: 0, file: 0, deleted: 0 };
  const folder = `/proc/${pid}/fd`;
  for (const name of readdirSync(folder)) {
    try {
      counts[kindOf(readlinkSync(`${folder}/${name}`))] += 1;
    } catch {
      // Closed since the folder was listed.
    }
  }
  return counts;
}

function kindOf(target: string): keyof Descriptors {
  if (target.startsWith("socket:")) return "socket";
  if (target.startsWith("pipe:")) return "pipe";
  if (!target.startsWith("/")) return "other";
  return target.endsWith(" (deleted)") ? "deleted" : "file";
}

function countFiles(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
}
