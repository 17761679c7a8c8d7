import type {
  KeyValue,
  KeyValueStore,
  WatchEvent,
  Watcher,
  WatchGroup,
  WatchListener,
  WatchOptions,
} from "@quorate/store";
import { everything } from "./operation-makers.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** An event as text, to compare. */
export function eventText(after: KeyValue | { key: Uint8Array; modRevision: number }, previous?: KeyValue): string {
  const now = "version" in after && after.version > 0 ? `put ${itemText(after)}` : `delete ${hex(after.key)}`;
  return `${after.modRevision} ${now}${previous === undefined ? "" : ` was ${itemText(previous)}`}`;
}

function itemText({ key, value, createRevision, modRevision, version, lease }: KeyValue): string {
  return `${hex(key)}=${hex(value)} ${createRevision}/${modRevision}/${version}/${lease}`;
}

/** One who watches, and keeps what it was told. */
export class WatchDriver implements WatchListener {
  readonly group: WatchGroup;
  readonly told: string[] = [];
  readonly revisions: number[] = [];
  readonly progresses: number[] = [];
  through = 0;
  compactedAt: number | undefined;
  closedWith: Error | undefined;
  isReady = true;
  /** Takes nothing more after each delivery. */
  isSlow = false;

  constructor({ watches }: KeyValueStore) {
    this.group = watches.group(this);
  }

  watch(options: Partial<WatchOptions> = {}): Watcher {
    const standard = { range: everything, startRevision: 0, wantsPuts: true, wantsDeletes: true, wantsPrevious: false };
    return this.group.watch({ ...standard, ...options });
  }

  resume(): void {
    this.isReady = true;
    this.group.resume();
  }

  events({ wantsPrevious }: Watcher, events: readonly WatchEvent[], through: number): void {
    if (!this.isReady) throw new Error("told while it takes nothing");
    if (events.length === 0) throw new Error("told of nothing");
    for (const { item, previous, revision } of events) {
      this.told.push(eventText(item, wantsPrevious ? previous : undefined));
      this.revisions.push(revision);
    }
    if (through < (this.revisions.at(-1) as number)) throw new Error(`told of more than through ${through}`);
    this.through = through;
    if (this.isSlow) this.isReady = false;
  }

  compacted(_watcher: Watcher, compactedRevision: number): void {
    this.compactedAt = compactedRevision;
  }

  progress(revision: number): void {
    this.progresses.push(revision);
  }

  closed(error: Error): void {
    this.closedWith = error;
  }
}

/** Until nothing more happens: some hundred turns of the event loop, in which nothing waits for a timer. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await new Promise((resolve) => setImmediate(resolve));
}
