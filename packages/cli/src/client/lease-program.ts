import type { Command } from "commander";
import { wholeNumber, type SetCode } from "../arguments.ts";
import { withAnswerOptions, withClientOptions } from "./client-options.ts";
import type { TurnFlags } from "./lock-commands.ts";
import type { ClientFlags } from "./with-calls.ts";

const longestSeconds = 9_000_000_000;

/** `quorate lease`. */
export function addLease(program: Command, setCode: SetCode): void {
  const lease = program.command("lease").description("keys that live only as long as somebody says so");
  lease.addHelpText(
    "after",
    `
Examples
  quorate lease grant 60
  quorate put worker/1 alive --lease 694d7c0e1d4ec502
  quorate lease keep-alive 694d7c0e1d4ec502
  quorate lease timetolive 694d7c0e1d4ec502 --keys
  quorate lease revoke 694d7c0e1d4ec502

Leases are named by their ids in hexadecimal.`,
  );
  withAnswerOptions(lease.command("grant"))
    .description("a new lease")
    .argument("<seconds>", "it ends so long after it was last kept alive", wholeNumber(1, longestSeconds))
    .option("--id <id>", "in hexadecimal (default: the server chooses)")
    .action(async (seconds: number, flags: ClientFlags & { id?: string }) => {
      const { runLeaseGrant } = await import("./lease-commands.ts");
      setCode(await runLeaseGrant(seconds, flags));
    });
  withAnswerOptions(lease.command("revoke"))
    .description("end a lease: its keys are deleted")
    .argument("<id>")
    .action(async (id: string, flags: ClientFlags) => {
      const { runLeaseRevoke } = await import("./lease-commands.ts");
      setCode(await runLeaseRevoke(id, flags));
    });
  withAnswerOptions(lease.command("timetolive"))
    .description("how long a lease has left")
    .argument("<id>")
    .option("--keys", "and which keys it holds")
    .option("--hex", "those in hexadecimal")
    .action(async (id: string, flags: ClientFlags & { keys?: boolean; hex?: boolean }) => {
      const { runLeaseTimeToLive } = await import("./lease-commands.ts");
      setCode(await runLeaseTimeToLive(id, flags));
    });
  withAnswerOptions(lease.command("list"))
    .description("all leases")
    .action(async (flags: ClientFlags) => {
      const { runLeaseList } = await import("./lease-commands.ts");
      setCode(await runLeaseList(flags));
    });
  withAnswerOptions(lease.command("keep-alive"))
    .description("renew a lease again and again, at whichever member answers, until it is stopped")
    .argument("<id>")
    .option("--once", "renew it once")
    .action(async (id: string, flags: ClientFlags & { once?: boolean }) => {
      const { runLeaseKeepAlive } = await import("./lease-commands.ts");
      setCode(await runLeaseKeepAlive(id, flags));
    });
}

/** `quorate lock` and `quorate elect`. */
export function addTurns(program: Command, setCode: SetCode): void {
  withTtl(program.command("lock"), 10)
    .description("hold a named lock while a command runs, or until it is stopped")
    .argument("<name>")
    .argument("[command...]")
    .addHelpText(
      "after",
      `
The same locks as etcdctl's and etcd's client libraries'. The command is given ETCD_LOCK_KEY and ETCD_LOCK_REV, and our exit
code is its own. It is ended when the lock is lost. ETCD_LOCK_REV rises from holder to holder: let what the lock guards refuse
whoever comes with a lower number than it has seen (a fencing token), since a holder that was asleep does not know it has lost.

Examples
  quorate lock backup -- ./backup.sh --full
  quorate lock backup --ttl 30`,
    )
    .action(async (name: string, command: string[], flags: TurnFlags) => {
      const { runLock } = await import("./lock-commands.ts");
      setCode(await runLock(name, command, flags));
    });
  withTtl(program.command("elect"), 60)
    .description("stand for election and lead until it is stopped; or only tell who leads")
    .argument("<name>")
    .argument("[proposal]", "what the others learn of us")
    .option("-l, --listen", "only tell who leads, again whenever that changes")
    .addHelpText("after", "\nExamples\n  quorate elect scheduler host-17\n  quorate elect scheduler --listen")
    .action(async (name: string, proposal: string | undefined, flags: TurnFlags, command: Command) => {
      const { runElect } = await import("./lock-commands.ts");
      if (flags.listen !== true && proposal === undefined) command.error("error: missing argument 'proposal'");
      setCode(await runElect(name, proposal, flags));
    });
}

function withTtl(command: Command, seconds: number): Command {
  return withClientOptions(command).option(
    "--ttl <seconds>",
    "whoever is gone so long loses its turn",
    wholeNumber(1, longestSeconds),
    seconds,
  );
}
