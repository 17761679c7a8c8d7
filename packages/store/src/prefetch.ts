import type { Done } from "@quorate/host";
import type { Engine } from "./engine.ts";
import { currentKey, historyKey } from "./key-space.ts";
import { textOf, type KeyText } from "./key-text.ts";
import { isOperation, type Compare, type Operation, type PlainCommand } from "./operations.ts";
import type { Overlay } from "./overlay.ts";
import { unsealVersion, versionOfCurrent } from "./records.ts";
import { attempt } from "./steps.ts";
import { absent, type Version } from "./version.ts";

/** Up to this many keys are cheaper to read one by one, at once, than through another thread. */
const keysReadAtOnce = 4;

/**
 * Reads the keys that commands name and memory does not know into the cache, all of them in one request off the loop.
 * Both branches of transactions count. What the cache cannot hold is read again, one by one, when it is needed.
 */
export function prefetch(commands: readonly PlainCommand[], overlay: Overlay, engine: Engine, done: Done): void {
  const wanted = new Map<KeyText, boolean>();
  for (const command of commands) if (isOperation(command)) gather(command, overlay, wanted);
  if (wanted.size <= keysReadAtOnce) return done(undefined);
  const keys = [...wanted.keys()];
  engine.getMany(keys.map(currentKey), (error, records) => {
    if (error !== undefined) return done(error);
    const valued: { readonly key: KeyText; readonly version: Version }[] = [];
    const read = attempt(() => {
      for (const [index, key] of keys.entries()) {
        const version = versionOfCurrent(key, records[index]) ?? absent;
        overlay.remember(key, version);
        if (version.alive && wanted.get(key) === true) valued.push({ key, version });
      }
    });
    if (read.error !== undefined || valued.length === 0) return done(read.error);
    prefetchValues(valued, overlay, engine, done);
  });
}

function prefetchValues(
  valued: readonly { readonly key: KeyText; readonly version: Version }[],
  overlay: Overlay,
  engine: Engine,
  done: Done,
): void {
  const keys = valued.map(({ key, version }) => historyKey(key, version.revision, true));
  engine.getMany(keys, (error, records) => {
    if (error !== undefined) return done(error);
    const read = attempt(() => {
      for (const [index, { key, version }] of valued.entries()) {
        overlay.remember(key, unsealVersion(key, version.revision, true, records[index]));
      }
    });
    done(read.error);
  });
}

/** Adds the single keys that an operation names, each with whether its value is needed. */
function gather(operation: Operation, overlay: Overlay, wanted: Map<KeyText, boolean>): void {
  const want = (bytes: Uint8Array, needsValue: boolean): void => {
    const key = textOf(bytes);
    const known = overlay.peek(key);
    if (known !== undefined && (!needsValue || !known.alive || known.value !== undefined)) return;
    wanted.set(key, needsValue || wanted.get(key) === true);
  };
  switch (operation.type) {
    case "put":
      return want(operation.key, operation.previous || operation.ignoreValue);
    case "delete-range":
      if (operation.range.end === undefined) want(operation.range.key, operation.previous);
      return;
    case "range":
      if (operation.range.end === undefined) want(operation.range.key, !operation.keysOnly && !operation.countOnly);
      return;
    case "txn":
      for (const { range, target } of operation.compare satisfies readonly Compare[]) {
        if (range.end === undefined) want(range.key, target.kind === "value");
      }
      for (const nested of operation.success) gather(nested, overlay, wanted);
      for (const nested of operation.failure) gather(nested, overlay, wanted);
  }
}
