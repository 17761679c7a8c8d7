/** A line of the program that is replaced while it is loaded, from the sources or from the build. */
export interface TextChange {
  /** Of the module's URL. */
  readonly file: RegExp;
  /** Wherever it stands; at least once. */
  readonly from: RegExp | string;
  readonly to: string;
}

/** The sizes with which the members are recorded. */
export const small = {
  segmentBytes: 128 * 1024,
  dirtyBytes: 16 * 1024,
  writeBufferBytes: 256 * 1024,
} as const;

/** What can be left out of the program: each of them must be noticed. */
export const omissions = ["wal-sync", "checkpoint-sync", "directory-sync"] as const;
export type Omission = (typeof omissions)[number];

const fileOperations = /\/packages\/host-node\/(src|dist)\/file-operations\.[jt]s$/;
const levelEngine = /\/packages\/host-node\/(src|dist)\/level-engine\.[jt]s$/;

const directorySync = /\/packages\/host-node\/(src|dist)\/directory-sync\.[jt]s$/;

const table: Readonly<Record<"small" | Omission, readonly TextChange[]>> = {
  small: [
    {
      file: /\/packages\/wal\/(src|dist)\/open-wal\.[jt]s$/,
      from: "defaultSegmentBytes = 64 * 1024 * 1024",
      to: `defaultSegmentBytes = ${small.segmentBytes}`,
    },
    {
      file: /\/packages\/replica\/(src|dist)\/options\.[jt]s$/,
      from: "dirtyBytes: 32 * 1024 * 1024",
      to: `dirtyBytes: ${small.dirtyBytes}`,
    },
    { file: levelEngine, from: "options.writeBufferBytes ?? 16 * 1024 * 1024", to: String(small.writeBufferBytes) },
  ],
  "wal-sync": [
    { file: fileOperations, from: "fdatasyncSync(descriptor)", to: "void descriptor" },
    { file: fileOperations, from: "#change(operation.file, fdatasyncSync)", to: "#change(operation.file, () => {})" },
  ],
  "checkpoint-sync": [{ file: levelEngine, from: ".write({ sync: true })", to: ".write({ sync: false })" }],
  "directory-sync": [
    { file: fileOperations, from: /\bfsyncSync\(descriptor\)/, to: "void descriptor" },
    { file: levelEngine, from: /await (?:this\.#)?handle\?\.sync\(\)/, to: "void 0" },
    { file: directorySync, from: /await handle\?\.sync\(\)/, to: "void 0" },
  ],
};

export function changesOf(names: readonly string[]): readonly TextChange[] {
  return names.flatMap((name) => {
    const changes = (table as Readonly<Record<string, readonly TextChange[]>>)[name];
    if (changes === undefined) throw new Error(`there is no change of the program named ${name}`);
    return changes;
  });
}
