import { Option, type Command } from "commander";
import { wholeNumber, type SetCode } from "../arguments.ts";
import { maxDevMembers } from "./choose-layout.ts";

export function addDev(program: Command, setCode: SetCode): void {
  program
    .command("dev")
    .description("run a whole cluster on this machine, with a live table; Ctrl-C stops it and keeps the data")
    .option(
      "--members <count>",
      `members of a new cluster, 1 to ${maxDevMembers} (default: 3)`,
      wholeNumber(1, maxDevMembers),
    )
    .option("--data-dir <folder>", "where data and logs are kept", ".quorate/dev")
    .option(
      "--base-port <port>",
      "use pairs of ports from this one on (default: etcd's 2379, 22379, ...)",
      wholeNumber(1024, 65_000),
    )
    .option("--no-restart", "leave a member down that ended by itself")
    .addOption(
      new Option("--log-level <level>", "of the members").choices(["debug", "info", "warn", "error"]).default("info"),
    )
    .addHelpText(
      "after",
      `
Examples
  quorate dev
  quorate dev --members 5 --base-port 5000 --data-dir /tmp/five`,
    )
    .action(
      async (flags: { members?: number; dataDir: string; basePort?: number; restart: boolean; logLevel: string }) => {
        const entry = [process.execPath, ...process.execArgv, process.argv[1] ?? "quorate"] as const;
        const { members, dataDir, basePort, restart, logLevel } = flags;
        const { runDev } = await import("./dev-command.ts");
        setCode(await runDev({ members, dataDir, basePort, restart, logLevel }, entry));
      },
    );
}
