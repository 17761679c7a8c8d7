import { openCase } from "./case/case.ts";
import { findAll } from "./findings/index.ts";
import type { LogFormat } from "./format.ts";
import { Notebook } from "./notebook.ts";
import { reportOf, type Report } from "./report.ts";
import { SourceReader } from "./source-reader.ts";

export interface ExaminationOptions {
  /** Bytes as text: UTF-8, or Latin-1. */
  readonly decode: (bytes: Uint8Array) => string;
  /** So many notes are kept at most (default 100,000, about 60 MB); beyond, close ones become one. */
  readonly mostNotes?: number;
  /** Formats to be looked for before the known ones. */
  readonly formats?: readonly LogFormat[];
}

/** Reads the logs of one or several members, and says what ails them. Memory stays bounded, whatever is read. */
export class Examination {
  readonly #options: ExaminationOptions;
  readonly #notebook: Notebook;
  readonly #readers: SourceReader[] = [];

  constructor(options: ExaminationOptions) {
    this.#options = options;
    this.#notebook = new Notebook(options.mostNotes);
  }

  /** One more input, by a name that evidence is shown with. Each has its own lines; several may be open at once. */
  source(name: string): SourceReader {
    const { decode, formats = [] } = this.#options;
    const reader = new SourceReader({ name, number: this.#readers.length, notebook: this.#notebook, decode, formats });
    this.#readers.push(reader);
    return reader;
  }

  /** When all has been read. */
  report(): Report {
    const opened = openCase(
      this.#notebook,
      this.#readers.map((reader) => reader.summary()),
    );
    return reportOf(opened, findAll(opened));
  }
}
