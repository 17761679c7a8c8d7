import type { Command } from "commander";
import type { SetCode } from "../arguments.ts";
import type { RecoverFlags } from "./recover-command.ts";

export function addRecover(program: Command, setCode: SetCode): void {
  program
    .command("recover")
    .description(
      "after a quorum was lost for good: make a cluster of one out of a survivor, which is stopped. Can lose data",
    )
    .requiredOption("--data-dir <folder>", "of the survivor")
    .option("--name <name>", "the member that is meant, as a check")
    .option("--peer-urls <urls>", "where new members reach it, if elsewhere than before; several with commas")
    .option("--yes-i-may-lose-data", "do not ask")
    .addHelpText(
      "after",
      `
It is the last resort: data that was acknowledged can be lost. The new cluster has an identity of its own, so that former
members are refused. Afterwards start the member as before, and let new ones join. See docs/operations.md.

Example
  quorate recover --data-dir /var/lib/quorate --name a`,
    )
    .action(async (flags: RecoverFlags) => {
      const { runRecover } = await import("./recover-command.ts");
      setCode(await runRecover(flags));
    });
}
