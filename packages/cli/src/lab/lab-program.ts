import type { Command } from "commander";
import { wholeNumber, type SetCode } from "../arguments.ts";
import type { LabFlags } from "./lab-command.ts";

export function addLab(program: Command, setCode: SetCode): void {
  program
    .command("lab")
    .argument("[run]", "a failing run that quorate sim has kept: the page opens it")
    .description("the lab: this very Raft in a web page, to run, rewind and compare")
    .option("--port <number>", "where the page is served; 0 for any that is free", wholeNumber(0, 65_535), 8800)
    .option("--host <address>", "on which address", "127.0.0.1")
    .option("--site <folder>", "a build of the page of your own (default: the one that comes with this command)")
    .addHelpText(
      "after",
      `
The page is static: it asks this server for nothing but its files, and works without it once it is loaded.

Examples
  quorate lab
  quorate lab quorate-sim-core-353.json
  quorate lab --port 0`,
    )
    .action(async (run: string | undefined, flags: LabFlags) => {
      const { runLab } = await import("./lab-command.ts");
      setCode(await runLab(flags, run));
    });
}
