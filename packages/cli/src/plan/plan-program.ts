import type { Command } from "commander";
import { wholeNumber, type SetCode } from "../arguments.ts";
import type { PlanFlags } from "./plan-flags.ts";

/** `quorate plan`: the arithmetic of a cluster that is, or is to be. */
export function addPlan(program: Command, setCode: SetCode): void {
  const count = wholeNumber(1, 1000);
  const ms = wholeNumber(1, 1_000_000);
  program
    .command("plan")
    .description("quorums, availability, commit latency and election timing of a cluster, computed exactly")
    .option("--members <count>", "how many vote", count)
    .option("--zones <list>", "where they are, as zone:count with commas (a:2,b:2,c:1); a zone fails as a whole")
    .option("--learners <count>", "members that follow without a vote", wholeNumber(0, 1000))
    .option("--quorum <count>", "what if so many decided, instead of the majority?", count)
    .option("--to <count>", "a change to so many voters: what holds while it is under way", count)
    .option("--stay <count>", "with --to: voters that are in both sets (default: as many as can)", wholeNumber(0, 1000))
    .option("--rtt <times>", "round trips in ms: one for all; one for each follower; or a JSON file with a table")
    .option("--fsync <times>", "a synced write in ms: one for all, or one for each member (default: 1)")
    .option("--leader <name>", "of the table, who leads (default: each one in turn)")
    .option("--availability <of-a-member>", "99.9%, or fails-every/repaired-in such as 30d/1h (default: 99.9%)")
    .option("--zone-availability <of-a-zone>", "the same for a whole zone (default: zones never fail)")
    .option("--link-failure <probability>", "that a link between two members (or zones) is down, such as 1%")
    .option("--election-timeout <ms>", "T to judge (default: what is suggested)", ms)
    .option("--window <ms>", "timers are drawn from [T, T + window) (default: as Quorate's members draw them)", ms)
    .option("--cluster [endpoints]", "read a running cluster, and say what to change (Quorate, or etcd)")
    .option("--timeout <ms>", "with --cluster, for each member asked", wholeNumber(1, 600_000), 5000)
    .option("--json", "print JSON")
    .option("--svg <file>", "draw the plots into a file")
    .addHelpText(
      "after",
      `
Times are a number (10), or a median and a p99 (10/40). A table is a JSON file with a row for each member (or zone):
  { "members": ["a","b","c"], "rtt": [[0,10,"20/60"],[10,0,15],["20/60",15,0]], "fsync": [1,"1/5",[0.9,1.1,4.2]] }
where a list is measured times. What each number means, and where it comes from: docs/planner.md.

Examples
  quorate plan --members 5
  quorate plan --members 6 --quorum 3                 what a wrong quorum risks
  quorate plan --zones a:2,b:2,c:1 --availability 30d/1h --zone-availability 365d/4h
  quorate plan --members 3 --to 5
  quorate plan --rtt 10,20,30,80 --fsync 1/5          five members: which of them decide
  quorate plan --rtt matrix.json --json
  quorate plan --cluster 10.0.0.1:2379 --svg plan.svg

Exit codes: 0 done, 1 the cluster or a file could not be read or written, 2 called wrongly.`,
    )
    .action(async (flags: PlanFlags) => {
      const { runPlan } = await import("./plan-command.ts");
      setCode(await runPlan(flags));
    });
}
