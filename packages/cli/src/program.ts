import { Command, CommanderError } from "commander";
import type { SetCode } from "./arguments.ts";
import { addCheck } from "./check/check-program.ts";
import { addAuth } from "./client/auth-program.ts";
import { addStatus, addVerify } from "./client/client-program.ts";
import { addEndpoint, addMaintenance } from "./client/cluster-program.ts";
import { addKeyValue } from "./client/key-value-program.ts";
import { withOptionsLast } from "./client/leading-options.ts";
import { addLease, addTurns } from "./client/lease-program.ts";
import { addCompletion } from "./completion.ts";
import { addDev } from "./dev/dev-program.ts";
import { addDoctor } from "./doctor/doctor-program.ts";
import { exitCodes, FailureError, UsageError } from "./errors.ts";
import { addImport } from "./import/import-program.ts";
import { addLeaderAndTiming, addMember, addMembers } from "./members/members-program.ts";
import { addPlan } from "./plan/plan-program.ts";
import { addRecover } from "./recover/recover-program.ts";
import { addJoin, addServe } from "./serve/serve-program.ts";
import { addLab } from "./lab/lab-program.ts";
import { addSim } from "./sim/sim-program.ts";
import { version } from "./version.ts";
import { addSnapshot } from "./snapshot/snapshot-program.ts";
import { addWal } from "./wal/wal-program.ts";

// Each command loads its own code when it is called: `quorate get` needs no server, and should start at once.

/** Runs the command with the arguments after its name, and gives its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let code: number = exitCodes.done;
  const program = buildProgram((result) => {
    code = result;
  });
  try {
    await program.parseAsync(withOptionsLast(args), { from: "user" });
    return code;
  } catch (error) {
    return report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof UsageError || error instanceof FailureError) {
    process.stderr.write(`quorate: ${error.message}\n`);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failure;
  }
  throw error;
}

function buildProgram(setCode: SetCode): Command {
  const program = new Command("quorate")
    .description("A replicated key-value store that etcd's clients talk to unchanged, and the Raft under it.")
    .version(version, "-V, --version")
    .exitOverride()
    .showHelpAfterError("(see --help)")
    .addHelpText(
      "after",
      `
Examples
  quorate dev                          three members on this machine, with a live table
  quorate put greeting hello
  quorate get greeting --json
  quorate get app/ --prefix --limit 10
  quorate status --endpoints 10.0.0.1:2379,10.0.0.2:2379
  quorate serve --help                 one member of a real cluster
  quorate join http://10.0.0.1:2379    one more member of it
  quorate members set a,b,c            who is to vote
  quorate plan --members 5             what five members tolerate, and what a sixth would change
  quorate doctor /var/log/etcd.log     what ails a Raft cluster, by its logs
  quorate wal verify /var/lib/quorate  is a member's log sound?
  quorate check history.jsonl          is this history linearizable?
  quorate sim --seeds 1000             does the code keep its promises in a thousand failing worlds?
  quorate lab                          this very Raft in a web page, to run, rewind and compare

Exit codes: 0 done, 1 failed, 2 called wrongly (and 3 where quorate doctor found something serious).`,
    );
  addServe(program, setCode);
  addJoin(program, setCode);
  addDev(program, setCode);
  addStatus(program, setCode);
  addVerify(program, setCode);
  addKeyValue(program, setCode);
  addLease(program, setCode);
  addTurns(program, setCode);
  addEndpoint(program, setCode);
  addMaintenance(program, setCode);
  addAuth(program, setCode);
  addImport(program, setCode);
  addMember(program, setCode);
  addMembers(program, setCode);
  addLeaderAndTiming(program, setCode);
  addWal(program, setCode);
  addRecover(program, setCode);
  addSnapshot(program, setCode);
  addPlan(program, setCode);
  addDoctor(program, setCode);
  addCheck(program, setCode);
  addSim(program, setCode);
  addLab(program, setCode);
  addCompletion(program);
  return program;
}
