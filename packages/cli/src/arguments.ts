import { InvalidArgumentError } from "commander";

/** How a command says with which code it ends. */
export type SetCode = (code: number) => void;

// What options and arguments are read with; each fails with commander's error, which names the option.

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`A whole number from ${least} to ${most} is needed.`);
  };
}

export function listOf<T>(read: (text: string) => T): (text: string) => T[] {
  return (text) => text.split(",").map(read);
}

export function oneOf<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const chosen = choices.find((choice) => choice === text);
    if (chosen !== undefined) return chosen;
    throw new InvalidArgumentError(`It is one of ${choices.join(", ")}.`);
  };
}
