import type { WatchAnswer, WatchEvent } from "@quorate/store";
import { headerSize, writeHeader, type HeaderFields } from "../hot/header-codec.ts";
import { keyValueSize, writeKeyValue } from "../hot/key-value-codec.ts";
import { bigIntFieldSize, lengthDelimitedSize, numberFieldSize, WireWriter } from "../hot/wire-writer.ts";

/** WatchResponse by the shortest way: nothing between the store's events and the bytes. A test compares it with the library's. */

const fields = {
  header: 1,
  watchId: 2,
  created: 3,
  canceled: 4,
  compactRevision: 5,
  cancelReason: 6,
  fragment: 7,
  events: 11,
} as const;
const eventFields = { type: 1, item: 2, previous: 3 } as const;
const deletion = 1;

const text = new TextEncoder();

/**
 * An answer as messages for its client: one, or, where the client takes revisions in parts and there are several events, as many as
 * keep below `maxBytes`.
 */
export function encodeAnswer(header: HeaderFields, answer: WatchAnswer, maxBytes: number): Uint8Array[] {
  const { events, fragment } = answer;
  if (!fragment || events.length < 2) return [encodePart(header, answer, events, false)];
  const rest = partSize(header, answer, [], true);
  const messages: Uint8Array[] = [];
  let from = 0;
  while (from < events.length) {
    let bytes = rest;
    let to = from;
    while (to < events.length) {
      bytes += lengthDelimitedSize(eventSize(events[to] as WatchEvent, answer.previous));
      if (to > from && bytes >= maxBytes) break;
      to++;
    }
    messages.push(encodePart(header, answer, events.slice(from, to), to < events.length));
    from = to;
  }
  return messages;
}

function eventSize({ isPut, item, previous }: WatchEvent, withPrevious: boolean): number {
  const before = withPrevious && previous !== undefined ? lengthDelimitedSize(keyValueSize(previous)) : 0;
  return numberFieldSize(isPut ? 0 : deletion) + lengthDelimitedSize(keyValueSize(item)) + before;
}

function partSize(header: HeaderFields, answer: WatchAnswer, events: readonly WatchEvent[], isPart: boolean): number {
  const { watchId, created, canceled, compactRevision, cancelReason, previous } = answer;
  let size =
    lengthDelimitedSize(headerSize(header)) +
    bigIntFieldSize(watchId) +
    numberFieldSize(created ? 1 : 0) +
    numberFieldSize(canceled ? 1 : 0) +
    numberFieldSize(compactRevision) +
    (cancelReason === "" ? 0 : lengthDelimitedSize(text.encode(cancelReason).length)) +
    numberFieldSize(isPart ? 1 : 0);
  for (const event of events) size += lengthDelimitedSize(eventSize(event, previous));
  return size;
}

function encodePart(
  header: HeaderFields,
  answer: WatchAnswer,
  events: readonly WatchEvent[],
  isPart: boolean,
): Uint8Array {
  const writer = new WireWriter(partSize(header, answer, events, isPart));
  writer.lengthDelimited(fields.header, headerSize(header));
  writeHeader(writer, header);
  writer.bigIntField(fields.watchId, answer.watchId);
  writer.boolField(fields.created, answer.created);
  writer.boolField(fields.canceled, answer.canceled);
  writer.numberField(fields.compactRevision, answer.compactRevision);
  if (answer.cancelReason !== "") writer.bytesField(fields.cancelReason, text.encode(answer.cancelReason));
  writer.boolField(fields.fragment, isPart);
  for (const event of events) writeEvent(writer, event, answer.previous);
  return writer.bytes;
}

function writeEvent(writer: WireWriter, event: WatchEvent, withPrevious: boolean): void {
  const { isPut, item, previous } = event;
  writer.lengthDelimited(fields.events, eventSize(event, withPrevious));
  writer.numberField(eventFields.type, isPut ? 0 : deletion);
  writer.lengthDelimited(eventFields.item, keyValueSize(item));
  writeKeyValue(writer, item);
  if (!withPrevious || previous === undefined) return;
  writer.lengthDelimited(eventFields.previous, keyValueSize(previous));
  writeKeyValue(writer, previous);
}
