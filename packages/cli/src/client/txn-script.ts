import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  Compare_CompareResult as Result,
  Compare_CompareTarget as Target,
  type CompareSchema,
  type RequestOpSchema,
  type TxnRequestSchema,
} from "@quorate/etcd/api";
import { UsageError } from "../errors.ts";
import { parseLeaseId } from "./lease-id.ts";
import { parseOperation } from "./txn-operation.ts";

type Comparison = MessageInitShape<typeof CompareSchema>;
type Operation = MessageInitShape<typeof RequestOpSchema>;

/**
 * A transaction in etcdctl's words: comparisons, a blank line, what to do when all of them hold, a blank line, what to do
 * else. A line that begins with "#" is a comment. Fails with `UsageError`, which names the line.
 */
export function parseTxn(text: string): MessageInitShape<typeof TxnRequestSchema> {
  const script = new TxnScript();
  for (const line of text.split("\n")) script.add(line);
  return script.request();
}

/** The same, line by line, for one who types it. */
export class TxnScript {
  readonly #compare: Comparison[] = [];
  readonly #success: Operation[] = [];
  readonly #failure: Operation[] = [];
  #part = 0;
  #lineNumber = 0;
  /** Lines of a quoted value that goes on. */
  #begun = "";

  /** 0 comparisons, 1 what to do when they hold, 2 what to do else, 3 all is said. */
  get part(): number {
    return this.#part;
  }

  add(line: string): void {
    this.#lineNumber += 1;
    const whole = this.#begun + line;
    if (hasOpenQuote(whole)) {
      this.#begun = `${whole}\n`;
      return;
    }
    this.#begun = "";
    const text = whole.trim();
    if (text.startsWith("#")) return;
    if (text === "") this.#part += 1;
    else this.#take(text);
  }

  request(): MessageInitShape<typeof TxnRequestSchema> {
    if (this.#begun !== "") throw new UsageError("A quotation mark is not closed.");
    return { compare: this.#compare, success: this.#success, failure: this.#failure };
  }

  #take(text: string): void {
    try {
      if (this.#part === 0) this.#compare.push(parseComparison(text));
      else if (this.#part === 1) this.#success.push(parseOperation(words(text)));
      else if (this.#part === 2) this.#failure.push(parseOperation(words(text)));
      else throw new UsageError("the transaction has ended: two blank lines came before.");
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(`Line ${this.#lineNumber}: ${error.message}`);
    }
  }
}

const targets: Readonly<Record<string, (value: string) => Pick<Comparison, "target" | "targetUnion">>> = {
  ver: (value) => ({ target: Target.VERSION, targetUnion: { case: "version", value: whole(value) } }),
  version: (value) => ({ target: Target.VERSION, targetUnion: { case: "version", value: whole(value) } }),
  c: (value) => ({ target: Target.CREATE, targetUnion: { case: "createRevision", value: whole(value) } }),
  create: (value) => ({ target: Target.CREATE, targetUnion: { case: "createRevision", value: whole(value) } }),
  m: (value) => ({ target: Target.MOD, targetUnion: { case: "modRevision", value: whole(value) } }),
  mod: (value) => ({ target: Target.MOD, targetUnion: { case: "modRevision", value: whole(value) } }),
  val: (value) => ({ target: Target.VALUE, targetUnion: { case: "value", value: Buffer.from(value) } }),
  value: (value) => ({ target: Target.VALUE, targetUnion: { case: "value", value: Buffer.from(value) } }),
  lease: (value) => ({ target: Target.LEASE, targetUnion: { case: "lease", value: parseLeaseId(value) } }),
};

const results: Readonly<Record<string, Result>> = {
  "=": Result.EQUAL,
  "!=": Result.NOT_EQUAL,
  ">": Result.GREATER,
  "<": Result.LESS,
};

function parseComparison(text: string): Comparison {
  const parts = /^(\w+)\s*\(\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^\s()]+)\s*\)\s*(=|!=|>|<)\s*(.+)$/s.exec(text);
  const target = targets[parts?.[1] ?? ""];
  const value = words(parts?.[4] ?? "");
  if (parts === null || target === undefined || value.length !== 1) {
    throw new UsageError(
      `"${text}" is no comparison such as mod("key") > "0"; there are ver, create, mod, value and lease.`,
    );
  }
  return {
    key: Buffer.from(words(parts[2] ?? "")[0] ?? ""),
    result: results[parts[3] ?? "="] ?? Result.EQUAL,
    ...target(value[0] ?? ""),
  };
}

function whole(text: string): bigint {
  if (!/^\d{1,19}$/.test(text)) throw new UsageError(`"${text}" is no whole number.`);
  return BigInt(text);
}

const word = /"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']\S*/gs;

/** Words as a shell tells them apart: quoted ones may hold spaces, and in double quotes \n, \t, \x41, \" and \\ count. */
export function words(line: string): readonly string[] {
  return (line.match(word) ?? []).map((text) => {
    if (text.startsWith("'")) return text.slice(1, -1);
    return text.startsWith('"') ? unescaped(text.slice(1, -1)) : text;
  });
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

function unescaped(text: string): string {
  return text.replaceAll(/\\(?:x([0-9a-fA-F]{2})|(.))/gs, (_, hex: string | undefined, one: string | undefined) =>
    hex === undefined ? (escapes[one ?? ""] ?? one ?? "") : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function hasOpenQuote(text: string): boolean {
  const rest = text.replaceAll(word, "");
  return rest.includes('"') || rest.includes("'");
}
