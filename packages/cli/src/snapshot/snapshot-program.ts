import type { Command } from "commander";
import { wholeNumber, type SetCode } from "../arguments.ts";
import { withClientOptions } from "../client/client-options.ts";
import type { ClientFlags } from "../client/with-calls.ts";
import type { RestoreFlags } from "./snapshot-files.ts";

export function addSnapshot(program: Command, setCode: SetCode): void {
  const snapshot = program.command("snapshot").description("back a cluster up, and begin a new one with a backup");
  snapshot.addHelpText(
    "after",
    `
Examples
  quorate snapshot save backup.qrb --endpoints 10.0.0.1:2379
  quorate snapshot status backup.qrb
  quorate snapshot restore backup.qrb --name a --data-dir /var/lib/quorate --initial-advertise-peer-urls http://10.0.0.1:2380 \\
    --initial-cluster a=http://10.0.0.1:2380,b=http://10.0.0.2:2380,c=http://10.0.0.3:2380`,
  );
  withClientOptions(snapshot.command("save"), 60_000)
    .description("save the state of the first member that answers, with all that is committed now, while it serves")
    .argument("<file>")
    .action(async (path: string, flags: ClientFlags) => {
      const { runSnapshotSave } = await import("./snapshot-save.ts");
      setCode(await runSnapshotSave(path, flags));
    });
  snapshot
    .command("status")
    .description("check a backup, all of it, and say what it holds")
    .argument("<file>")
    .option("--json", "print JSON")
    .action(async (path: string, flags: { json?: boolean }) => {
      const { runSnapshotStatus } = await import("./snapshot-files.ts");
      setCode(await runSnapshotStatus(path, flags));
    });
  snapshot
    .command("restore")
    .description("make the data directory of one member of a new cluster that begins with a backup's state")
    .argument("<file>")
    .requiredOption("--data-dir <folder>", "absent, or empty")
    .option("--name <name>", "of this member", "default")
    .option("--initial-cluster <name=url,...>", "every member of the new cluster (default: this one alone)")
    .option("--initial-advertise-peer-urls <urls>", "where the others reach this member", "http://localhost:2380")
    .option("--initial-cluster-token <text>", "sets clusters of the same addresses apart", "etcd-cluster")
    .option("--election-timeout <ms>", "of the new cluster", wholeNumber(50, 50_000), 1000)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
To be done for each member, with the same file and the same --initial-cluster, token and timeout. The new cluster has an
identity of its own: members of the old one are refused. Start the members with "quorate serve" and the same options.`,
    )
    .action(async (path: string, flags: RestoreFlags) => {
      const { runSnapshotRestore } = await import("./snapshot-files.ts");
      setCode(await runSnapshotRestore(path, flags));
    });
}
