import type { Command } from "commander";
import { wholeNumber, type SetCode } from "../arguments.ts";
import { withClientOptions } from "../client/client-options.ts";
import type { ImportFlags } from "./import-command.ts";

export function addImport(program: Command, setCode: SetCode): void {
  withClientOptions(program.command("import"), 30_000)
    .description("copy what an etcd holds into this cluster: keys at one revision, leases, users and roles")
    .argument("<from>", "a file of `etcdctl snapshot save`, or endpoints of an etcd that runs")
    .option("--prefix <prefix>", "only keys that begin with it")
    .option(
      "--rev <revision>",
      "as of this revision of the source (default: now)",
      wholeNumber(1, Number.MAX_SAFE_INTEGER),
    )
    .option("--force", "into a cluster that is not empty, or once more")
    .option("--no-leases", "keys without their leases: they stay")
    .option("--no-auth", "without users and roles")
    .option("--from-user <name[:password]>", "who calls the source")
    .option("--from-password <password>")
    .option("--from-cacert <file>", "authorities that the source's certificates are of (PEM)")
    .option("--from-cert <file>", "our certificate for the source (PEM)")
    .option("--from-key <file>", "and its key")
    .option("--from-insecure-skip-tls-verify", "take any certificate of the source: for trials only")
    .addHelpText(
      "after",
      `
The target is the cluster at --endpoints; it must be empty. At the end everything is read back and compared. Revisions begin
anew there. docs/migrating-from-etcd.md says how to move without losing writes, and how to go back.

Examples
  quorate import 10.0.0.1:2379,10.0.0.2:2379 --endpoints 10.1.0.1:2379
  quorate import https://10.0.0.1:2379 --from-cacert ca.pem --from-user root --endpoints 10.1.0.1:2379
  quorate import snapshot.db --endpoints 10.1.0.1:2379`,
    )
    .action(async (from: string, flags: ImportFlags) => {
      const { runImport } = await import("./import-command.ts");
      setCode(await runImport(from, flags));
    });
}
