import type { Command } from "commander";
import { wholeNumber, type SetCode } from "../arguments.ts";
import type { DoctorFlags } from "./doctor-flags.ts";

/** `quorate doctor`: what ails a Raft cluster, from its logs or from its members. */
export function addDoctor(program: Command, setCode: SetCode): void {
  program
    .command("doctor")
    .description(
      "what ails a Raft cluster: reads logs of etcd, Consul, Nomad, Quorate and others, or asks live members",
    )
    .argument("[logs...]", "files or folders, also packed with gzip or zstd; - or nothing for standard input")
    .option("--timeline", "who led when, also where nothing was found")
    .option("--brief", "findings in one line each")
    .option("--svg <file>", "draw the timeline into a file")
    .option("--json", "print JSON")
    .option("--cluster [endpoints]", "ask the members of a running cluster instead (Quorate, or etcd)")
    .option("--bundle <file>", "collect what a support engineer asks for into a .tar.gz, secrets removed")
    .option("--timeout <ms>", "with --cluster, for each member asked", wholeNumber(1, 600_000), 5000)
    .option("--user <name[:password]>", "with --cluster, who asks; the password is asked for")
    .option("--password <password>", "(also $QUORATE_PASSWORD, $ETCDCTL_PASSWORD)")
    .option("--cacert <file>", "authorities that servers' certificates are of (PEM)")
    .option("--cert <file>", "this client's certificate (PEM)")
    .option("--key <file>", "and its key")
    .option("--insecure-skip-tls-verify", "take any server's certificate: for trials only")
    .addHelpText(
      "after",
      `
Logs of several members together tell more than each alone: their lines are put in order by time, and how far the members'
clocks are apart is estimated from their elections. What is found, and how surely: docs/doctor.md.

Examples
  quorate doctor /var/log/etcd.log
  quorate doctor m1.log m2.log m3.log.gz --svg timeline.svg
  journalctl -u etcd -o cat | quorate doctor
  kubectl logs etcd-0 | quorate doctor --json
  quorate doctor --cluster 10.0.0.1:2379
  quorate doctor logs/ --cluster 10.0.0.1:2379 --bundle for-support.tar.gz

Exit codes: 0 nothing serious was found, 3 something serious was, 1 something could not be read or written, 2 called wrongly.`,
    )
    .action(async (logs: string[], flags: DoctorFlags) => {
      const { runDoctor } = await import("./doctor-command.ts");
      setCode(await runDoctor(logs, flags));
    });
}
