import { InvalidArgumentError, Option, type Command } from "commander";
import { wholeNumber } from "../arguments.ts";
import { parseDuration } from "../serve/duration.ts";
import { formats } from "./output.ts";

/** Options of every command that speaks to a cluster. */
export function withClientOptions(command: Command, timeoutMs = 5000): Command {
  return command
    .option(
      "--endpoints <list>",
      "members to ask, the first that answers (default: $QUORATE_ENDPOINTS, $ETCDCTL_ENDPOINTS, 127.0.0.1:2379)",
    )
    .option("--timeout <ms>", "for each member asked", wholeNumber(1, 600_000), timeoutMs)
    .option("--json", "print JSON")
    .option("--user <name[:password]>", "who calls (also $QUORATE_USER, $ETCDCTL_USER); the password is asked for")
    .option("--password <password>", "(also $QUORATE_PASSWORD, $ETCDCTL_PASSWORD)")
    .option("--cacert <file>", "authorities that servers' certificates are of (PEM)")
    .option("--cert <file>", "this client's certificate (PEM)")
    .option("--key <file>", "and its key")
    .option("--insecure-skip-tls-verify", "take any server's certificate: for trials only")
    .addOption(
      new Option("--command-timeout <duration>", "as etcdctl says --timeout: 5s").argParser(durationMs).hideHelp(),
    );
}

/** For commands whose answer etcdctl prints as well. */
export function withAnswerOptions(command: Command, timeoutMs?: number): Command {
  return withClientOptions(command, timeoutMs).addOption(
    new Option("-w, --write-out <format>", "as etcdctl: its JSON, or every field; --json is easier to read").choices(
      formats,
    ),
  );
}

/** For commands that show keys and values. */
export function withHex(command: Command): Command {
  return command.option("--hex", "keys and values in hexadecimal, as arguments and as output");
}

export function durationMs(text: string): number {
  const duration = parseDuration(text);
  if (duration !== undefined && duration >= 1) return duration;
  throw new InvalidArgumentError("A time such as 500ms, 5s or 1m30s is needed.");
}
