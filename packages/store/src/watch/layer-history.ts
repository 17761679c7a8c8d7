import type { KeyState } from "../key-state.ts";
import type { KeyText } from "../key-text.ts";
import type { Layer } from "../layer.ts";
import type { Version } from "../version.ts";
import { WatchEvent } from "./event.ts";
import { chunkLimits, type HistoryChunk, type HistoryRequest } from "./history-chunk.ts";

/** The events of revisions that no checkpoint has made durable: all of them are in memory. */
export function readLayerHistory(state: KeyState, { from, wants }: HistoryRequest): HistoryChunk {
  const newest = state.revision;
  const events: WatchEvent[] = [];
  let bytes = 0;
  let looked = 0;
  let last = from - 1;
  for (const layer of [...state.overlay.layers].reverse()) {
    for (let index = firstChangeOf(layer, from); index < layer.changes.length; index++) {
      const { revision, alive } = layer.changes[index] as Version;
      if (revision > newest) break;
      const isFull = events.length >= chunkLimits.events || bytes >= chunkLimits.bytes || looked >= chunkLimits.looked;
      if (isFull && revision > last) return { events, through: last, span: undefined };
      last = revision;
      looked++;
      if (!wants(layer.changedKeys[index] as KeyText, alive, revision)) continue;
      const event = eventAt(layer, index);
      if (event === undefined) continue;
      events.push(event);
      bytes += event.bytes;
    }
  }
  return { events, through: newest, span: undefined };
}

/** The event of a layer's change; undefined where a later change of the same revision took its place. */
export function eventAt(layer: Layer, index: number): WatchEvent | undefined {
  const version = layer.changes[index] as Version;
  if (layer.isSuperseded(version)) return undefined;
  return new WatchEvent(layer.changedKeys[index] as KeyText, version, layer.previousRevisions[index]);
}

/** Where a layer's first change of `revision` or a newer one is. */
function firstChangeOf(layer: Layer, revision: number): number {
  let low = 0;
  let high = layer.changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((layer.changes[middle] as Version).revision < revision) low = middle + 1;
    else high = middle;
  }
  return low;
}
