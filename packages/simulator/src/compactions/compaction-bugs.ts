import type { Engine, EngineWrite } from "@quorate/store";
import { around } from "../stand-in.ts";
import type { BrokenCompaction } from "./compaction-member.ts";

/** A bug of compaction that others have shipped, or could have, and within how many seeds it is found. */
export interface CompactionBug extends BrokenCompaction {
  readonly name: string;
  readonly seeds: number;
}

const versionPrefix = "h".charCodeAt(0);
const progressPrefix = "c".charCodeAt(0);
const isRemoval = ({ key, value }: EngineWrite): boolean => key[0] === versionPrefix && value === undefined;

/** Batches of removals, changed; others pass. */
function removing(change: (batch: readonly EngineWrite[], engine: Engine) => readonly EngineWrite[]) {
  return (engine: Engine): Engine =>
    around(engine, {
      write: (batch, done) => {
        const isOfRemoval = batch.some(({ key }) => key[0] === progressPrefix);
        engine.write(isOfRemoval ? change(batch, engine) : batch, done);
      },
    });
}

/** The same version, with another revision. */
function shifted(key: Uint8Array, by: number): Uint8Array[] {
  const end = key.length - 9;
  const view = new DataView(key.slice(end, end + 8).buffer);
  view.setBigUint64(0, view.getBigUint64(0) + BigInt(by));
  return [0, 1].map((kind) => {
    const other = key.slice();
    other.set(new Uint8Array(view.buffer), end);
    other[end + 8] = kind;
    return other;
  });
}

export const compactionBugs: readonly CompactionBug[] = [
  {
    name: "one member keeps its history: it answers reads that the others refuse",
    command: (command, _store, member) =>
      command.type === "compact" && member === 1
        ? { ...command, revision: Math.max(1, command.revision - 1) }
        : command,
    seeds: 3,
  },
  {
    name: "what follows a removed version is removed with it",
    engine: removing((batch) => [
      ...batch,
      ...batch
        .filter(isRemoval)
        .flatMap(({ key }) => shifted(key, 1).map((other) => ({ key: other, value: undefined }))),
    ]),
    seeds: 5,
  },
  {
    name: "how far removing has come is noted before it has come there",
    engine: removing((batch) => batch.filter((write) => !isRemoval(write))),
    seeds: 3,
  },
  {
    name: "half of a batch is removed, and the rest forgotten",
    engine: removing((batch) => batch.filter((write, at) => !isRemoval(write) || at % 2 === 0)),
    seeds: 5,
  },
];
