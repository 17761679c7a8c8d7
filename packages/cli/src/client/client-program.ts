import { Option, type Command } from "commander";
import { wholeNumber, type SetCode } from "../arguments.ts";
import { withClientOptions, withRangeOptions } from "./client-options.ts";
import type { ClientFlags } from "./key-value-commands.ts";

export function addStatus(program: Command, setCode: SetCode): void {
  withClientOptions(program.command("status"))
    .description("show every member: role, term, indexes, version")
    .addHelpText("after", "\nExample\n  quorate status --endpoints 127.0.0.1:2379 --json")
    .action(async (flags: ClientFlags) => {
      const { runStatus } = await import("./status-command.ts");
      setCode(await runStatus(flags));
    });
}

export function addVerify(program: Command, setCode: SetCode): void {
  const verify = program.command("verify").description("check what a cluster holds");
  withClientOptions(verify.command("state"))
    .description("compare the hash of every member's state at one revision; fails when they differ or one is missing")
    .addHelpText(
      "after",
      `
Every member reads its whole history for this: give a large state time with --timeout.

Example
  quorate verify state --endpoints 127.0.0.1:2379 --timeout 60000`,
    )
    .action(async (flags: ClientFlags) => {
      const { runVerifyState } = await import("./verify-state-command.ts");
      setCode(await runVerifyState(flags));
    });
}

export function addKeyValue(program: Command, setCode: SetCode): void {
  withRangeOptions(program.command("get"))
    .description("show a key, or the keys in [key, range-end)")
    .argument("<key>")
    .argument("[range-end]")
    .option("--rev <revision>", "as of this revision (default: now)", wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option("--limit <count>", "at most so many keys", wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .addOption(
      new Option("--consistency <level>", "linearizable asks the cluster; serializable reads one member's own state")
        .choices(["linearizable", "serializable", "l", "s"])
        .default("linearizable"),
    )
    .addHelpText(
      "after",
      "\nExamples\n  quorate get greeting\n  quorate get app/ --prefix --json --consistency serializable",
    )
    .action(async (key: string, end: string | undefined, flags) => {
      const { runGet } = await import("./key-value-commands.ts");
      setCode(await runGet(key, end, flags));
    });

  withClientOptions(program.command("put"))
    .description("set a key; without a value, standard input is the value")
    .argument("<key>")
    .argument("[value]")
    .option("--hex", "key and value are given in hexadecimal")
    .addHelpText("after", "\nExamples\n  quorate put greeting hello\n  quorate put config < config.json")
    .action(async (key: string, value: string | undefined, flags) => {
      const { runPut } = await import("./key-value-commands.ts");
      setCode(await runPut(key, value, flags));
    });

  withRangeOptions(program.command("del"))
    .description("delete a key, or the keys in [key, range-end)")
    .argument("<key>")
    .argument("[range-end]")
    .addHelpText("after", "\nExamples\n  quorate del greeting\n  quorate del app/ --prefix")
    .action(async (key: string, end: string | undefined, flags) => {
      const { runDel } = await import("./key-value-commands.ts");
      setCode(await runDel(key, end, flags));
    });
}
