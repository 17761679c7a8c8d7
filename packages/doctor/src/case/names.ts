import type { Note } from "../note.ts";

/** Who is who: ids, names and addresses of a member are one, and each note is of somebody. */
export class Names {
  readonly #names = new Map<string, string>();
  readonly #writers = new Map<string, string>();

  /** `sourceNames` are shown where a log does not say whose it is. */
  constructor(notes: readonly Note[], sourceNames: readonly string[]) {
    const selves = new Map<string, Map<string, number>>();
    for (const note of notes) {
      if (note.member === undefined || note.kind === "named") continue;
      const counts = selves.get(writerKey(note)) ?? new Map<string, number>();
      counts.set(note.member, (counts.get(note.member) ?? 0) + note.count);
      selves.set(writerKey(note), counts);
    }
    for (const note of notes) {
      const key = writerKey(note);
      if (this.#writers.has(key)) continue;
      const often = [...(selves.get(key) ?? [])].sort((a, b) => b[1] - a[1])[0]?.[0];
      this.#writers.set(key, often ?? (note.writer === "" ? baseName(sourceNames[note.source] ?? "") : note.writer));
      if (often !== undefined && note.writer !== "" && often !== note.writer) this.#names.set(often, note.writer);
    }
    for (const note of notes) {
      if (note.kind !== "named" || note.text === undefined) continue;
      const id = note.member ?? this.#writers.get(writerKey(note));
      if (id !== undefined && id !== note.text) this.#names.set(id, note.text);
    }
    this.#disambiguate();
  }

  /** As people know it. */
  of(id: string): string {
    return this.#names.get(id) ?? id;
  }

  writer(note: Note): string {
    return this.of(note.member ?? this.#writers.get(writerKey(note)) ?? "");
  }

  /** Two members of one name (several clusters in one folder, say) keep their ids beside it. */
  #disambiguate(): void {
    const owners = new Map<string, string[]>();
    for (const [id, name] of this.#names) owners.set(name, [...(owners.get(name) ?? []), id]);
    for (const [name, ids] of owners) {
      if (ids.length > 1) for (const id of ids) this.#names.set(id, `${name} (${id})`);
    }
  }
}

function writerKey({ source, writer }: Note): string {
  return `${source}|${writer}`;
}

function baseName(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  return name.replace(/(\.(log|json|jsonl|txt|gz|\d+))+$/, "") || path;
}
