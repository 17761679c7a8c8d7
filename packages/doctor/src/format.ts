import type { Phrasebook } from "./phrasebook.ts";

/**
 * How lines of a kind of log are laid out. To add a format: find the message in a line, say what time and which fields it has,
 * and name the phrasebook that tells what its messages mean (docs/doctor.md walks through one).
 */
export interface LogFormat {
  /** For people: "etcd (zap JSON)". */
  readonly name: string;
  readonly phrases: Phrasebook;
  /**
   * The message of a line of this format, or undefined where the line is of another. Called for every line of gigabytes: look
   * at few characters, and make no copies but the message.
   */
  readonly message: (line: string) => string | undefined;
  /** The rest, for lines whose message means something. */
  readonly time: (line: string) => LineTime | undefined;
  readonly field: (line: string, name: string) => string | undefined;
  /** Who wrote the line, if each line says so. */
  readonly member?: (line: string) => string | undefined;
}

export interface LineTime {
  /** Ms since 1970 in UTC, or since midnight. A log that names no zone is taken to be in UTC. */
  readonly ms: number;
  /** False for a time of day. */
  readonly hasDate: boolean;
}
