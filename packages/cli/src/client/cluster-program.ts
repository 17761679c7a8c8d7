import type { Command } from "commander";
import { wholeNumber, type SetCode } from "../arguments.ts";
import { withAnswerOptions, withClientOptions } from "./client-options.ts";
import type { EndpointFlags } from "./endpoint-commands.ts";
import type { ClientFlags } from "./with-calls.ts";

const anyRevision = wholeNumber(0, Number.MAX_SAFE_INTEGER);

/** `quorate endpoint`: each member by itself. */
export function addEndpoint(program: Command, setCode: SetCode): void {
  const endpoint = program.command("endpoint").description("ask each endpoint by itself");
  endpoint.addHelpText(
    "after",
    `
Examples
  quorate endpoint health --cluster
  quorate endpoint status --endpoints 10.0.0.1:2379,10.0.0.2:2379
  quorate endpoint hashkv --cluster --rev 1000

All fail when one endpoint does not answer.`,
  );
  withCluster(endpoint.command("health"))
    .description("does it answer a read that needs a leader?")
    .action(async (flags: EndpointFlags) => {
      const { runEndpointHealth } = await import("./endpoint-commands.ts");
      setCode(await runEndpointHealth(flags));
    });
  withCluster(endpoint.command("status"))
    .description("role, term, indexes, size, version")
    .action(async (flags: EndpointFlags) => {
      const { runEndpointStatus } = await import("./endpoint-commands.ts");
      setCode(await runEndpointStatus(flags));
    });
  withCluster(endpoint.command("hashkv"))
    .description("a hash of its history: members of one cluster have the same")
    .option("--rev <revision>", "up to this one (default: all of it)", anyRevision)
    .action(async (flags: EndpointFlags & { rev?: number }) => {
      const { runEndpointHashKv } = await import("./endpoint-commands.ts");
      setCode(await runEndpointHashKv(flags));
    });
}

/** `quorate compaction`, `defrag`, `alarm` and `version`. */
export function addMaintenance(program: Command, setCode: SetCode): void {
  withAnswerOptions(program.command("compaction"), 60_000)
    .description("forget the history before a revision; it stays readable itself")
    .argument("<revision>", "", anyRevision)
    .option("--physical", "answer only once nothing of it is on disk")
    .addHelpText("after", "\nExample\n  quorate compaction 100000 --physical")
    .action(async (revision: number, flags: ClientFlags & { physical?: boolean }) => {
      const { runCompaction } = await import("./maintenance-commands.ts");
      setCode(await runCompaction(revision, flags));
    });
  withCluster(program.command("defrag"), 60_000)
    .description("give space that is not used any more back to the file system")
    .addHelpText("after", "\nExample\n  quorate defrag --cluster")
    .action(async (flags: EndpointFlags) => {
      const { runDefrag } = await import("./endpoint-commands.ts");
      setCode(await runDefrag(flags));
    });
  const alarm = program.command("alarm").description("what keeps members from serving as usual");
  withAnswerOptions(alarm.command("list"))
    .description("alarms that are raised")
    .action(async (flags: ClientFlags) => {
      const { runAlarmList } = await import("./maintenance-commands.ts");
      setCode(await runAlarmList(flags));
    });
  withAnswerOptions(alarm.command("disarm"))
    .description("take all alarms back, once their cause is gone")
    .action(async (flags: ClientFlags) => {
      const { runAlarmDisarm } = await import("./maintenance-commands.ts");
      setCode(await runAlarmDisarm(flags));
    });
  withClientOptions(program.command("version"))
    .description("of this program, and with --endpoints of each server")
    .action(async (flags: ClientFlags) => {
      const { runVersion } = await import("./maintenance-commands.ts");
      setCode(await runVersion(flags));
    });
}

function withCluster(command: Command, timeoutMs?: number): Command {
  return withAnswerOptions(command, timeoutMs).option("--cluster", "all members that the endpoints tell of");
}
