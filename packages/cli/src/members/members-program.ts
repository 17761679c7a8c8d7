import type { Command } from "commander";
import { wholeNumber, type SetCode } from "../arguments.ts";
import { withClientOptions } from "../client/client-options.ts";
import type { ClientFlags } from "../client/with-calls.ts";
import type { AddFlags, TimingFlags, UpdateFlags } from "./member-commands.ts";
import type { MembersFlags } from "./members-command.ts";

/** A change waits for its commit, and for the leader to be ready: longer than a read. */
const changeTimeoutMs = 15_000;

/** `quorate member`: the members one by one. */
export function addMember(program: Command, setCode: SetCode): void {
  const member = program.command("member").description("show, add, remove, promote, replace and change members");
  member.addHelpText(
    "after",
    `
Examples
  quorate member list
  quorate member add d http://10.0.0.4:2380
  quorate member replace c d=http://10.0.0.4:2380
  quorate member remove c

Members are named by name or id. "quorate members set" changes all voters at once.`,
  );
  withClientOptions(member.command("list"))
    .description("who the members are, how they vote and how far they have come")
    .action(async (flags: ClientFlags) => {
      const { runMemberList } = await import("./member-commands.ts");
      setCode(await runMemberList(flags));
    });
  withClientOptions(member.command("add"), changeTimeoutMs)
    .description("make a member known, as a learner that votes once it has caught up; then start it")
    .argument("<name>")
    .argument("[peer-urls]", "where the others reach it; several with commas")
    .option("--peer-urls <urls>", "the same, as etcdctl takes it")
    .option("--learner", "it stays a learner until it is promoted")
    .option("--priority <number>", "of those that could lead, more is preferred", wholeNumber(0, 100))
    .action(async (name: string, urls: string | undefined, flags: AddFlags) => {
      const { runMemberAdd } = await import("./member-commands.ts");
      setCode(await runMemberAdd(name, urls, flags));
    });
  withClientOptions(member.command("remove"), changeTimeoutMs)
    .description("let a member leave, for good: it cannot come back under its id")
    .argument("<member>")
    .action(async (who: string, flags: ClientFlags) => {
      const { runMemberRemove } = await import("./member-commands.ts");
      setCode(await runMemberRemove(who, flags));
    });
  withClientOptions(member.command("promote"), changeTimeoutMs)
    .description("let a learner vote that has caught up")
    .argument("<member>")
    .action(async (who: string, flags: ClientFlags) => {
      const { runMemberPromote } = await import("./member-commands.ts");
      setCode(await runMemberPromote(who, flags));
    });
  withClientOptions(member.command("update"), changeTimeoutMs)
    .description("say where a member is reached now, or how much it is preferred as leader")
    .argument("<member>")
    .option("--peer-urls <urls>", "where the others reach it; several with commas")
    .option("--priority <number>", "of those that could lead, more is preferred", wholeNumber(0, 100))
    .action(async (who: string, flags: UpdateFlags) => {
      const { runMemberUpdate } = await import("./member-commands.ts");
      setCode(await runMemberUpdate(who, flags));
    });
  withPlanOptions(member.command("replace"))
    .description("let a new member vote in an old one's place, in one step")
    .argument("<old>")
    .argument("<new>", "name=http://host:port, or the name of one that is there")
    .action(async (old: string, replacement: string, flags: MembersFlags) => {
      const { runMemberReplace } = await import("./members-command.ts");
      setCode(await runMemberReplace(old, replacement, flags));
    });
}

/** `quorate members`: all voters at once. */
export function addMembers(program: Command, setCode: SetCode): void {
  const members = program.command("members").description("say who is to vote, and let the cluster get there");
  withPlanOptions(members.command("set"))
    .description("exactly these vote afterwards: new ones are added and caught up first, then all change in one step")
    .argument("<list>", "names with commas; a new member as name=http://host:port")
    .addHelpText(
      "after",
      `
Voters that are not named leave for good. Learners that are not named stay. Given again, it goes on where it stopped.

It refuses to let members vote that are not up to date, since they would count and not help; --force makes the change as soon
as a majority of the new voters is, and says what that risks.

Examples
  quorate members set a,b,c,d=http://10.0.0.4:2380,e=http://10.0.0.5:2380
  quorate members set a,b,c --dry-run`,
    )
    .action(async (list: string, flags: MembersFlags) => {
      const { runMembersSet } = await import("./members-command.ts");
      setCode(await runMembersSet(list, flags));
    });
  withClientOptions(members.command("abandon"), changeTimeoutMs)
    .description("give up a change that does not come to its end: back to the old voters")
    .action(async (flags: ClientFlags) => {
      const { runAbandon } = await import("./member-commands.ts");
      setCode(await runAbandon(flags));
    });
}

/** `quorate leader` and `quorate timing`. */
export function addLeaderAndTiming(program: Command, setCode: SetCode): void {
  const leader = program.command("leader").description("say who leads");
  withClientOptions(leader.command("transfer"), changeTimeoutMs)
    .description("hand the leadership to a voter, without an election timeout; to the one that suits best unless named")
    .argument("[member]")
    .addHelpText("after", "\nExamples\n  quorate leader transfer\n  quorate leader transfer b --json")
    .action(async (who: string | undefined, flags: ClientFlags) => {
      const { runLeaderTransfer } = await import("./member-commands.ts");
      setCode(await runLeaderTransfer(who, flags));
    });
  const timing = program.command("timing").description("what members promise each other about time");
  withClientOptions(timing.command("set"), changeTimeoutMs)
    .description("change it on all members at once, through the log")
    .option("--election-timeout <ms>", "silence of a leader before others stand", wholeNumber(10, 50_000))
    .option("--clock-drift <ppm>", "the largest difference in rate of two members' clocks", wholeNumber(0, 500_000))
    .addHelpText("after", "\nExample\n  quorate timing set --election-timeout 2000")
    .action(async (flags: TimingFlags) => {
      const { runTimingSet } = await import("./member-commands.ts");
      setCode(await runTimingSet(flags));
    });
}

function withPlanOptions(command: Command): Command {
  return withClientOptions(command, changeTimeoutMs)
    .option("--dry-run", "only show the steps")
    .option("--force", "do not wait for every voter, only for a majority of them")
    .option("--wait <seconds>", "how long new voters may take to catch up", wholeNumber(1, 1_000_000), 3600);
}
