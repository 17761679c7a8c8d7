import { bytesOf, type KeyText } from "./key-text.ts";
import type { KeyValue } from "./operations.ts";

/** One version of one key: what one revision made of it. A deletion is a version that is not alive. */
export interface Version {
  /** The revision that made it. */
  readonly revision: number;
  readonly createRevision: number;
  /** Puts since the creation, this one included; 0 when not alive. */
  readonly version: number;
  readonly lease: bigint;
  readonly alive: boolean;
  readonly valueLength: number;
  /** Undefined when not alive, and for versions whose metadata alone was read. */
  value: Uint8Array | undefined;
  /** The version before it in the same layer; the layer's to set. */
  older: Version | undefined;
}

const noValue = new Uint8Array(0);

/** A key that does not exist and never did, as far as the reader knows. */
export const absent: Version = {
  revision: 0,
  createRevision: 0,
  version: 0,
  lease: 0n,
  alive: false,
  valueLength: 0,
  value: undefined,
  older: undefined,
};

/** What readers find: a live key at one revision. `version` is undefined where the engine's record is still to be read. */
export interface Found {
  readonly key: KeyText;
  readonly revision: number;
  readonly version: Version | undefined;
}

/** The key as clients see it; the value left out (empty) when `keysOnly`. */
export function keyValueOf(key: KeyText, version: Version, keysOnly: boolean): KeyValue {
  return {
    key: bytesOf(key),
    value: keysOnly ? noValue : (version.value ?? noValue),
    createRevision: version.createRevision,
    modRevision: version.revision,
    version: version.version,
    lease: version.lease,
  };
}
