import type { Point } from "./happened-before.ts";
import type { History } from "./history.ts";

/** What fell, and where. */
export interface Fall {
  /** Its place on the tape. */
  readonly event: number;
  readonly property: string;
  readonly message: string;
}

/** Something that the property hangs on: the weightier, the less it can be left out. */
export interface Reason extends Point {
  readonly text: string;
  readonly weight: number;
}

/** Says what a fall of a property hangs on; nothing where it does not know this message. */
export type Explain = (history: History, fall: Fall, end: Point) => readonly Reason[];

/** The numbers of a message, as its pattern names them; undefined where it is another message. */
export function numbersIn<Name extends string>(
  message: string,
  pattern: RegExp,
): Readonly<Record<Name, number>> | undefined {
  const groups = pattern.exec(message)?.groups;
  if (groups === undefined) return undefined;
  return Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, Number(text)])) as Record<Name, number>;
}
