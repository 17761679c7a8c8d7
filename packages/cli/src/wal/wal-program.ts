import type { Command } from "commander";
import { wholeNumber, type SetCode } from "../arguments.ts";

export function addWal(program: Command, setCode: SetCode): void {
  const wal = program.command("wal").description("look into a member's log on the disk; nothing is ever written");
  wal
    .command("dump")
    .description("show what lies in a log's files: batches, entries, hard states, marks, damage")
    .argument("<path>", "a member's data directory, or one segment of its log")
    .option("--from <index>", "only batches with entries from this index on", wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option("--to <index>", "and up to this one", wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option("--limit <count>", "at most so many batches", wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option("--json", "print one line of JSON for each segment, batch, damage and mark")
    .addHelpText(
      "after",
      `
Exit codes: 0 all of it is sound, 1 something is torn or damaged, 2 nothing can be read or the call is wrong.
Payloads are never shown. A member that runs may be writing: its newest bytes then look torn.

Examples
  quorate wal dump /var/lib/quorate --limit 20
  quorate wal dump /var/lib/quorate/log/0000000000000003.wal --from 1200 --to 1300`,
    )
    .action(async (path: string, flags) => {
      const { runWalDump } = await import("./dump-command.ts");
      setCode(await runWalDump(path, flags));
    });
  wal
    .command("verify")
    .description("read a member's whole log as a start would, and say what a start will find and do")
    .argument("<data-dir>", "a member's data directory")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Exit codes: 0 sound, 1 torn, damaged, or such that a start will be refused, 2 nothing can be read or the call is wrong.
It may be used while the member runs: what looks wrong is read again, since the member may have been writing.

Example
  quorate wal verify /var/lib/quorate`,
    )
    .action(async (path: string, flags) => {
      const { runWalVerify } = await import("./verify-command.ts");
      setCode(await runWalVerify(path, flags));
    });
}
