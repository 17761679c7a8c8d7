import type { MemoryState } from "@quorate/replica";
import type { AppliedCommand, Seen, Source } from "./applied-history.ts";
import { textOf } from "./printed.ts";
import type { AnyService } from "./service.ts";
import { digestOf } from "./digest.ts";

export interface Difference {
  readonly what: "answer" | "state";
  /** Of the last entry that was applied. */
  readonly index: number;
  readonly first: Seen;
  readonly second: Seen;
  /** Up to that entry. */
  readonly commands: readonly AppliedCommand[];
  readonly describe: (command: Uint8Array) => string;
  /** Whether the machines are states in memory, of which new ones can be made at any time. */
  readonly inMemory: boolean;
}

/** What a machine came to, after each command: its answer and its state. */
interface Step {
  readonly answer: string;
  readonly state: string;
}

const shownLength = 120;

/**
 * Two machines made different things of the same commands: because they are not deterministic, or because a checkpoint
 * does not bring back everything. Commands are applied again, to a new machine that never saw a checkpoint, to tell which.
 */
export function explainDifference(
  service: AnyService,
  difference: Difference,
): { readonly property: string; readonly message: string } {
  const told = sentence(difference);
  const restored = [difference.first.by, difference.second.by].map(({ restoredFrom }) => restoredFrom);
  const checkpoints = restored.filter((index) => index > 0);
  if (checkpoints.length === 0) return notDeterministic(told);
  if (!difference.inMemory) {
    const message = `${told}. One of the two was started from a checkpoint: either that does not hold everything, or the machine is not deterministic`;
    return { property: "state agreement", message };
  }
  const { commands } = difference;
  const machine = newMemoryState(service);
  const steps = commands.map(({ command }) => stepOf(service, machine, command));
  for (const from of checkpoints) {
    const lost = whatIsLost(service, commands, from, steps);
    if (lost === undefined) continue;
    const message =
      `${told}. A new machine that restores the snapshot of entry ${from} ${lost}: ` +
      "the snapshot does not hold everything, or `restore` does not bring it back";
    return { property: "checkpoint", message };
  }
  return notDeterministic(told);
}

function notDeterministic(told: string): { readonly property: string; readonly message: string } {
  const reason = "look for a clock, for randomness, for what members share, for the order of something that has none";
  return { property: "determinism", message: `the state machine is not deterministic: ${told} (${reason})` };
}

/** How a machine that was restored at `from` differs from one that was not; undefined when it does not. */
function whatIsLost(
  service: AnyService,
  commands: readonly AppliedCommand[],
  from: number,
  steps: readonly Step[],
): string | undefined {
  const original = newMemoryState(service);
  const machine = newMemoryState(service);
  const until = commands.findLastIndex(({ index }) => index <= from);
  for (const { command } of commands.slice(0, until + 1)) original.apply(command.slice());
  machine.restore(original.snapshot());
  if (textOf(digestOf(service, machine)) !== textOf(digestOf(service, original))) {
    return "does not have the state that it was taken of";
  }
  for (const [at, { command, index }] of commands.entries()) {
    if (at <= until) continue;
    const step = stepOf(service, machine, command);
    const whole = steps[at] as Step;
    if (step.answer !== whole.answer)
      return `answers ${cut(step.answer)} at entry ${index}, and not ${cut(whole.answer)}`;
    if (step.state !== whole.state) return `has another state after entry ${index}`;
  }
  return undefined;
}

function stepOf(service: AnyService, machine: MemoryState<unknown>, command: Uint8Array): Step {
  return { answer: answerOf(machine, command), state: textOf(digestOf(service, machine)) };
}

function answerOf(machine: MemoryState<unknown>, command: Uint8Array): string {
  try {
    return textOf(machine.apply(command.slice()));
  } catch (error) {
    return `an exception: ${String(error)}`;
  }
}

/** States in memory need no place. */
function newMemoryState({ machine }: AnyService): MemoryState<unknown> {
  return (machine as () => MemoryState<unknown>)();
}

function sentence({ what, index, first, second, commands, describe }: Difference): string {
  const command = commands.at(-1);
  const after = command === undefined ? "before any command" : `entry ${index}, ${describe(command.command)}`;
  const [one, other] = [cut(first.text, second.text), cut(second.text, first.text)];
  if (what === "answer") {
    return `${after}, was answered ${one} by ${nameOf(first.by)} and ${other} by ${nameOf(second.by)}`;
  }
  return `after ${after} the state of ${nameOf(first.by)} is ${one}, and that of ${nameOf(second.by)} is ${other}`;
}

function nameOf({ member, restoredFrom }: Source): string {
  const started = restoredFrom === 0 ? "" : ` (started from its checkpoint at entry ${restoredFrom})`;
  return `member ${member}${started}`;
}

/** Cut around the first place where it differs from the other. */
function cut(text: string, other = text): string {
  if (text.length <= shownLength) return text;
  let at = 0;
  while (at < text.length && text[at] === other[at]) at++;
  const from = at === text.length ? 0 : Math.max(0, at - shownLength / 2);
  const end = from + shownLength < text.length ? "..." : "";
  return `${from > 0 ? "..." : ""}${text.slice(from, from + shownLength)}${end}`;
}
