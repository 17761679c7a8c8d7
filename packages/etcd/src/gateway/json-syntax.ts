/** Beyond it nobody means what is sent; and who reads it recurses. */
const maxDepth = 400;

type Expected =
  | "value"
  | "element-or-end"
  | "key"
  | "key-or-end"
  | "colon"
  | "comma-or-end"
  | "string"
  | "escape"
  | "hex"
  | "literal"
  | "number";

/** Of a number (RFC 8259 §6), by what came last. */
type NumberPart = "minus" | "zero" | "digits" | "point" | "fraction" | "e" | "sign" | "exponent";

const quote = 34;
const backslash = 92;
const firstPrintable = 32;
const literals: ReadonlyMap<string, string> = new Map(
  ["true", "false", "null"].map((word) => [word[0] as string, word]),
);

/**
 * Takes the bytes of one JSON value (RFC 8259) that begins with a brace, a bracket or a quote, and throws at the first that cannot
 * belong to one, with the words of Go's `encoding/json`, which are etcd's. What the value means is for its parser.
 */
export class JsonSyntax {
  #expected: Expected = "value";
  /** What closes each structure that is open. */
  readonly #closers: string[] = [];
  #isKey = false;
  #hexLeft = 0;
  #literal = "";
  #literalLength = 0;
  #number: NumberPart = "zero";

  /** Whether the value is whole with this byte. Throws what to tell. */
  take(byte: number): boolean {
    if (this.#expected === "string") return this.#inString(byte);
    const char = String.fromCharCode(byte);
    if (this.#expected === "escape") return this.#inEscape(char);
    if (this.#expected === "hex") return this.#inHex(char);
    if (this.#expected === "literal") return this.#inLiteral(char);
    if (this.#expected === "number" && this.#goesOn(char)) return false;
    return char === " " || char === "\n" || char === "\t" || char === "\r" ? false : this.#token(char);
  }

  #token(char: string): boolean {
    const expected = this.#expected;
    const closer = this.#closers.at(-1);
    const mayEnd = expected === "key-or-end" || expected === "element-or-end" || expected === "comma-or-end";
    if (mayEnd && char === closer) return this.#close();
    if (expected === "key" || expected === "key-or-end") return this.#key(char);
    if (expected === "colon") {
      if (char !== ":") throw invalid(char, "after object key");
      return this.#expect("value");
    }
    if (expected !== "comma-or-end") return this.#value(char);
    if (char === ",") return this.#expect(closer === "}" ? "key" : "value");
    throw invalid(char, closer === "}" ? "after object key:value pair" : "after array element");
  }

  #key(char: string): boolean {
    if (char !== '"') throw invalid(char, "looking for beginning of object key string");
    this.#isKey = true;
    return this.#expect("string");
  }

  #value(char: string): boolean {
    this.#isKey = false;
    if (char === '"') return this.#expect("string");
    if (char === "{") return this.#open("}", "key-or-end");
    if (char === "[") return this.#open("]", "element-or-end");
    if (char === "-" || isDigit(char)) {
      this.#number = char === "-" ? "minus" : char === "0" ? "zero" : "digits";
      return this.#expect("number");
    }
    const literal = literals.get(char);
    if (literal === undefined) throw invalid(char, "looking for beginning of value");
    this.#literal = literal;
    this.#literalLength = 1;
    return this.#expect("literal");
  }

  #expect(expected: Expected): false {
    this.#expected = expected;
    return false;
  }

  #open(closer: string, expected: Expected): false {
    if (this.#closers.length === maxDepth) throw new Error(`JSON nested deeper than ${maxDepth} levels`);
    this.#closers.push(closer);
    return this.#expect(expected);
  }

  #close(): boolean {
    this.#closers.pop();
    return this.#valueEnds();
  }

  #valueEnds(): boolean {
    this.#expected = "comma-or-end";
    return this.#closers.length === 0;
  }

  #inString(byte: number): boolean {
    if (byte === backslash) return this.#expect("escape");
    if (byte < firstPrintable) throw invalid(String.fromCharCode(byte), "in string literal");
    if (byte !== quote) return false;
    return this.#isKey ? this.#expect("colon") : this.#valueEnds();
  }

  #inEscape(char: string): boolean {
    this.#hexLeft = 4;
    if (char === "u") return this.#expect("hex");
    if (!/["\\/bfnrt]/.test(char)) throw invalid(char, "in string escape code");
    return this.#expect("string");
  }

  #inHex(char: string): boolean {
    if (!/[0-9a-fA-F]/.test(char)) throw invalid(char, "in \\u hexadecimal character escape");
    return this.#expect(--this.#hexLeft === 0 ? "string" : "hex");
  }

  #inLiteral(char: string): boolean {
    const expected = this.#literal[this.#literalLength] as string;
    if (char !== expected) throw invalid(char, `in literal ${this.#literal} (expecting '${expected}')`);
    this.#literalLength++;
    return this.#literalLength === this.#literal.length && this.#valueEnds();
  }

  /** False: the number ended before this. */
  #goesOn(char: string): boolean {
    const next = nextPart(this.#number, char);
    if (next === undefined) this.#valueEnds();
    else this.#number = next;
    return next !== undefined;
  }
}

/** Undefined: the number ended before this. Throws when it cannot. */
function nextPart(part: NumberPart, char: string): NumberPart | undefined {
  const isExponent = char === "e" || char === "E";
  switch (part) {
    case "minus":
      if (!isDigit(char)) throw invalid(char, "in numeric literal");
      return char === "0" ? "zero" : "digits";
    case "zero":
    case "digits":
      if (isDigit(char) && part === "digits") return part;
      if (char === ".") return "point";
      return isExponent ? "e" : undefined;
    case "point":
      if (!isDigit(char)) throw invalid(char, "after decimal point in numeric literal");
      return "fraction";
    case "fraction":
      if (isDigit(char)) return part;
      return isExponent ? "e" : undefined;
    case "e":
      if (char === "+" || char === "-") return "sign";
      return nextPart("sign", char);
    case "sign":
      if (!isDigit(char)) throw invalid(char, "in exponent of numeric literal");
      return "exponent";
    case "exponent":
      return isDigit(char) ? part : undefined;
  }
}

function isDigit(char: string): boolean {
  return char >= "0" && char <= "9";
}

function invalid(char: string, where: string): Error {
  const shown = char === '"' ? char : char === "'" ? "\\'" : JSON.stringify(char).slice(1, -1);
  return new Error(`invalid character '${shown}' ${where}`);
}
