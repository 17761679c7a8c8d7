import type { Command } from "commander";
import type { SetCode } from "../arguments.ts";
import { withClientOptions } from "./client-options.ts";
import type { ClientFlags } from "./with-calls.ts";

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
