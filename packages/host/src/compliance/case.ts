import type { Host } from "../host.ts";

/** What one case works with. Each case gets a fixture of its own. */
export interface ComplianceFixture {
  readonly host: Host;
  /** The absolute path of a directory on the host's disk that exists, is empty, and belongs to this case. */
  readonly directory: string;
  /** A host name or an IP address at which this host can listen and reach itself. */
  readonly address: string;
  /**
   * Calls `start` and resolves with what it hands to `done`. The world moves only in here: a host on real time waits, one on
   * virtual time runs its events until `done` is called (and must fail when none is left, or after a limit of its own).
   */
  settle<T>(start: (done: (value: T) => void) => void): Promise<T>;
}

/** One promise of the host interfaces. The name is a sentence; `run` rejects with a `ComplianceError` when it is broken. */
export interface ComplianceCase {
  readonly name: string;
  run(fixture: ComplianceFixture): Promise<void>;
}

/** A host breaks a promise of its interface. */
export class ComplianceError extends Error {
  override readonly name = "ComplianceError";
}

export function expect(holds: boolean, what: string): asserts holds {
  if (!holds) throw new ComplianceError(what);
}

/** Compares plain data by its JSON form. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  expect(found === wanted, `${what}: expected ${wanted}, found ${found}`);
}

export function expectBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  expect(actual.length === expected.length, `${what}: expected ${expected.length} bytes, found ${actual.length}`);
  const at = actual.findIndex((byte, index) => byte !== expected[index]);
  expect(at < 0, `${what}: byte ${at} is ${actual[at]}, expected ${expected[at]}`);
  expectPlainBytes(actual, what);
}

/** Not a subclass: Node.js's Buffer would answer `slice` with a view where the callers mean a copy. */
export function expectPlainBytes(bytes: Uint8Array, what: string): void {
  expect(Object.getPrototypeOf(bytes) === Uint8Array.prototype, `${what}: not a plain Uint8Array`);
}

/** Bytes that differ from place to place, so that a shift or a repetition shows. */
export function pattern(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
