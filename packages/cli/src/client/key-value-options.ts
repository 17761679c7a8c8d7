import { InvalidArgumentError, Option, type Command } from "commander";
import { wholeNumber } from "../arguments.ts";

// The options that say what get, put and del do, on the command line and in a transaction.

const orders = ["ascend", "descend"] as const;
const sortedBy = ["key", "version", "create", "modify", "value"] as const;

export type Order = (typeof orders)[number];
export type SortBy = (typeof sortedBy)[number];

export function withGetOptions(command: Command): Command {
  return withRange(command)
    .option("--rev <revision>", "as of this revision (default: now)", wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option("--limit <count>", "at most so many keys", wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .addOption(caseless("--order <order>", "ascend or descend", orders))
    .addOption(caseless("--sort-by <what>", sortedBy.join(", "), sortedBy))
    .option("--keys-only", "no values")
    .option("--count-only", "only how many there are")
    .addOption(
      new Option("--consistency <level>", "linearizable asks the cluster; serializable reads one member's own state")
        .choices(["linearizable", "serializable", "l", "s"])
        .default("linearizable"),
    );
}

export function withPutOptions(command: Command): Command {
  return command
    .option("--lease <id>", "the key lives as long as this lease (in hexadecimal)")
    .option("--prev-kv", "show what the key held before")
    .option("--ignore-value", "keep the value that the key has")
    .option("--ignore-lease", "keep the lease that the key has");
}

export function withDelOptions(command: Command): Command {
  return withRange(command).option("--prev-kv", "show what was deleted");
}

function withRange(command: Command): Command {
  return command.option("--prefix", "every key that begins with <key>").option("--from-key", "every key from <key> on");
}

/** As etcdctl, which takes ASCEND and ascend. */
function caseless(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices(choices).argParser((text: string) => {
    const chosen = choices.find((choice) => choice === text.toLowerCase());
    if (chosen !== undefined) return chosen;
    throw new InvalidArgumentError(`Allowed choices are ${choices.join(", ")}.`);
  });
}
