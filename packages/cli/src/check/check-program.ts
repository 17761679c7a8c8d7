import { Option, type Command } from "commander";
import { wholeNumber, type SetCode } from "../arguments.ts";
import type { CheckFlags } from "./check-command.ts";
import { historyFormats, historyModels } from "./check-request.ts";

export function addCheck(program: Command, setCode: SetCode): void {
  const count = wholeNumber(1, Number.MAX_SAFE_INTEGER);
  program
    .command("check")
    .description("tell whether a history of what clients did and saw is linearizable")
    .argument("<file>", "history as lines of JSON, or a log of Jepsen's (docs/histories.md)")
    .addOption(new Option("--format <name>", "of the file (default: as its first line looks)").choices(historyFormats))
    .addOption(
      new Option("--model <name>", "what the operations are on (default: as the file says)").choices(historyModels),
    )
    .option("--svg <path>", "draw the first place where no order fits")
    .option("--html <path>", "a page with up to ten such drawings")
    .option("--max-steps <count>", "of the search for one key, before it is undecided (default: 50,000,000)", count)
    .option("--max-configurations <count>", "kept for one key, before it is undecided (default: 2,000,000)", count)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Exit codes: 0 linearizable, 1 not linearizable, 2 undecided, or a file cannot be read or written, or
holds no operation.

Examples
  quorate check history.jsonl
  quorate check etcd_000.log --html why.html`,
    )
    .action(async (file: string, flags: CheckFlags) => {
      const { runCheck } = await import("./check-command.ts");
      setCode(await runCheck(file, flags));
    });
}
