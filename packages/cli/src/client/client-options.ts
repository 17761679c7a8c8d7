import type { Command } from "commander";
import { wholeNumber } from "../arguments.ts";

/** Options of every command that speaks to a cluster. */
export function withClientOptions(command: Command, timeoutMs = 5000): Command {
  return command
    .option(
      "--endpoints <list>",
      "members to ask, the first that answers (default: $QUORATE_ENDPOINTS, $ETCDCTL_ENDPOINTS, 127.0.0.1:2379)",
    )
    .option("--timeout <ms>", "for each member asked", wholeNumber(1, 600_000), timeoutMs)
    .option("--json", "print JSON");
}

/** Of those that name keys. */
export function withRangeOptions(command: Command): Command {
  return withClientOptions(command)
    .option("--prefix", "every key that begins with <key>")
    .option("--hex", "keys and values in hexadecimal, as arguments and as output");
}
