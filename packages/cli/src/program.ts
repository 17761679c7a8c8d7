import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { CheckFlags } from "./check/check-command.ts";
import { historyFormats, historyModels } from "./check/check-request.ts";
import type { ClientFlags } from "./client/key-value-commands.ts";
import { maxDevMembers } from "./dev/choose-layout.ts";
import { exitCodes, FailureError, UsageError } from "./errors.ts";
import { readConfigFile } from "./serve/config-file.ts";
import { gatherSettings } from "./serve/gather-settings.ts";
import { serveOptionRows } from "./serve/option-table.ts";
import { resolveServeOptions } from "./serve/serve-options.ts";
import { simWorlds, traceKinds } from "./sim/sim-request.ts";
import type { SimFlags } from "./sim/sim-request.ts";
import { version } from "./version.ts";

// Each command loads its own code when it is called: `quorate get` needs no server, and should start at once.

/** Runs the command with the arguments after its name, and gives its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let code: number = exitCodes.done;
  const program = buildProgram((result) => {
    code = result;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
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

function buildProgram(setCode: (code: number) => void): Command {
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
  quorate wal verify /var/lib/quorate  is a member's log sound?
  quorate check history.jsonl          is this history linearizable?
  quorate sim --seeds 1000             does the code keep its promises in a thousand failing worlds?

Exit codes: 0 done, 1 failed, 2 called wrongly.`,
    );
  addServe(program, setCode);
  addDev(program, setCode);
  addStatus(program, setCode);
  addVerify(program, setCode);
  addKeyValue(program, setCode);
  addWal(program, setCode);
  addCheck(program, setCode);
  addSim(program, setCode);
  return program;
}

function addServe(program: Command, setCode: (code: number) => void): void {
  const serve = program.command("serve").description("run one member of a cluster, until SIGTERM or SIGINT");
  serve.option("--config-file <path>", "YAML or JSON with the options below as keys");
  for (const { flag, argument, defaultText, description } of serveOptionRows) {
    serve.addOption(new Option(`--${flag} ${argument}`, `${description} (default: ${defaultText})`));
  }
  serve.addHelpText(
    "after",
    `
Each option is also an environment variable (QUORATE_NAME, or ETCD_NAME as etcd reads it) and a key of the config file.
A flag beats the environment, which beats the file.

Example: the first of three members
  quorate serve --name a --data-dir /var/lib/quorate \\
    --listen-client-urls http://10.0.0.1:2379 --advertise-client-urls http://10.0.0.1:2379 \\
    --listen-peer-urls http://10.0.0.1:2380 --initial-advertise-peer-urls http://10.0.0.1:2380 \\
    --initial-cluster a=http://10.0.0.1:2380,b=http://10.0.0.2:2380,c=http://10.0.0.3:2380`,
  );
  serve.action(async () => {
    const given: Record<string, string | undefined> = serve.opts();
    const flags = Object.fromEntries(serveOptionRows.map(({ flag }) => [flag, given[camelCase(flag)]]));
    const path = given["configFile"] ?? process.env["QUORATE_CONFIG_FILE"] ?? process.env["ETCD_CONFIG_FILE"];
    const file = path === undefined || path === "" ? {} : readConfigFile(path);
    const settings = gatherSettings({ flags, environment: process.env, file });
    const { runServe } = await import("./serve/serve-command.ts");
    setCode(await runServe(resolveServeOptions(settings, process.stderr.isTTY)));
  });
}

function addDev(program: Command, setCode: (code: number) => void): void {
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
        const { runDev } = await import("./dev/dev-command.ts");
        setCode(await runDev({ members, dataDir, basePort, restart, logLevel }, entry));
      },
    );
}

function addStatus(program: Command, setCode: (code: number) => void): void {
  withClientOptions(program.command("status"))
    .description("show every member: role, term, indexes, version")
    .addHelpText("after", "\nExample\n  quorate status --endpoints 127.0.0.1:2379 --json")
    .action(async (flags: ClientFlags) => {
      const { runStatus } = await import("./client/status-command.ts");
      setCode(await runStatus(flags));
    });
}

function addCheck(program: Command, setCode: (code: number) => void): void {
  const count = wholeNumber(1, Number.MAX_SAFE_INTEGER);
  program
    .command("check")
    .description("tell whether a history of what clients did and saw is linearizable")
    .argument("<file>", "history as lines of JSON, or a log of Jepsen's (docs/histories.md)")
    .addOption(new Option("--format <name>", "of the file (default: as its first line looks)").choices(historyFormats))
    .addOption(
      new Option("--model <name>", "what the operations are on (default: as the file says)").choices(historyModels),
    )
    .option("--svg <path>", "draw the first place where no order fits")
    .option("--html <path>", "a page with up to ten such drawings")
    .option("--max-steps <count>", "of the search for one key, before it is undecided (default: 50,000,000)", count)
    .option("--max-configurations <count>", "kept for one key, before it is undecided (default: 2,000,000)", count)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Exit codes: 0 linearizable, 1 not linearizable, 2 undecided, or a file cannot be read or written.

Examples
  quorate check history.jsonl
  quorate check etcd_000.log --html why.html`,
    )
    .action(async (file: string, flags: CheckFlags) => {
      const { runCheck } = await import("./check/check-command.ts");
      setCode(await runCheck(file, flags));
    });
}

function addSim(program: Command, setCode: (code: number) => void): void {
  const anySeed = wholeNumber(0, Number.MAX_SAFE_INTEGER);
  program
    .command("sim")
    .description("run the code in simulated worlds where everything fails; a seed decides all that happens in one")
    .option("--seeds <count>", "run so many seeds, until one fails", wholeNumber(1, 1_000_000_000))
    .option("--minutes <count>", "run seeds for so long, whatever fails", wholeNumber(1, 100_000))
    .option("--from <seed>", "the first (default: 1 with --seeds, any with --minutes)", anySeed)
    .option("--seed <seed>", "run this one", anySeed)
    .option("--replay <file>", "run what a failing run was kept as")
    .option("--scenarios", "name the directed scenarios (docs/scenarios.md)")
    .option("--scenario <name>", "run this one, with --seed 1 unless given")
    .option("--broken <number>", "with its first, second, ... broken rule", wholeNumber(1, 100))
    .addOption(
      new Option(
        "--world <kind>",
        "of cores, of whole members, or each seed in both (default: both; of --seed: core, or where its --bug is planted)",
      ).choices(simWorlds),
    )
    .option("--workers <count>", "with --seeds and --minutes (default: one for each processor)", wholeNumber(1, 256))
    .option("--trace", "of one run: a line for everything that happens")
    .option("--member <ids>", "only lines about these members, as in 1,3", listOf(wholeNumber(1, 64)))
    .option(
      "--kind <kinds>",
      `only lines of these: ${traceKinds.join(",")} (default: the first five)`,
      listOf(oneOf(traceKinds)),
    )
    .option("--shrink", "of one failing run: look for the smallest that fails in the same way")
    .option("--shrink-seconds <count>", "stop looking after so long", wholeNumber(1, 86_400), 60)
    .option("--bug <name>", "plant this bug (docs/mutants.md)")
    .option("--out <folder>", "where failing runs are kept", ".")
    .option("--commit <hash>", "is noted in what is kept")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Exit codes: 0 every property held, 1 one fell, 2 called wrongly or a file cannot be read.

Examples
  quorate sim --seeds 1000
  quorate sim --seed 353 --trace --member 2
  quorate sim --replay quorate-sim-core-353.json --shrink
  quorate sim --scenario figure-8 --broken 1 --trace
  quorate sim --seed 2 --bug "votes are given without a look at the log" --shrink`,
    )
    .action(async (flags: SimFlags) => {
      const { runSim } = await import("./sim/sim-command.ts");
      setCode(await runSim(flags));
    });
}

function addVerify(program: Command, setCode: (code: number) => void): void {
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
      const { runVerifyState } = await import("./client/verify-state-command.ts");
      setCode(await runVerifyState(flags));
    });
}

function addKeyValue(program: Command, setCode: (code: number) => void): void {
  withRangeOptions(program.command("get"))
    .description("show a key, or the keys in [key, range-end)")
    .argument("<key>")
    .argument("[range-end]")
    .option("--rev <revision>", "as of this revision (default: now)", wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option("--limit <count>", "at most so many keys", wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .addOption(
      new Option("--consistency <level>", "linearizable asks the cluster; serializable reads one member's own state")
        .choices(["linearizable", "serializable", "l", "s"])
        .default("linearizable"),
    )
    .addHelpText(
      "after",
      "\nExamples\n  quorate get greeting\n  quorate get app/ --prefix --json --consistency serializable",
    )
    .action(async (key: string, end: string | undefined, flags) => {
      const { runGet } = await import("./client/key-value-commands.ts");
      setCode(await runGet(key, end, flags));
    });

  withClientOptions(program.command("put"))
    .description("set a key; without a value, standard input is the value")
    .argument("<key>")
    .argument("[value]")
    .option("--hex", "key and value are given in hexadecimal")
    .addHelpText("after", "\nExamples\n  quorate put greeting hello\n  quorate put config < config.json")
    .action(async (key: string, value: string | undefined, flags) => {
      const { runPut } = await import("./client/key-value-commands.ts");
      setCode(await runPut(key, value, flags));
    });

  withRangeOptions(program.command("del"))
    .description("delete a key, or the keys in [key, range-end)")
    .argument("<key>")
    .argument("[range-end]")
    .addHelpText("after", "\nExamples\n  quorate del greeting\n  quorate del app/ --prefix")
    .action(async (key: string, end: string | undefined, flags) => {
      const { runDel } = await import("./client/key-value-commands.ts");
      setCode(await runDel(key, end, flags));
    });
}

function addWal(program: Command, setCode: (code: number) => void): void {
  const wal = program.command("wal").description("look into a member's log on the disk; nothing is ever written");
  wal
    .command("dump")
    .description("show what lies in a log's files: batches, entries, hard states, marks, damage")
    .argument("<path>", "a member's data directory, or one segment of its log")
    .option("--from <index>", "only batches with entries from this index on", wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option("--to <index>", "and up to this one", wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option("--limit <count>", "at most so many batches", wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option("--json", "print one line of JSON for each segment, batch, damage and mark")
    .addHelpText(
      "after",
      `
Exit codes: 0 all of it is sound, 1 something is torn or damaged, 2 nothing can be read or the call is wrong.
Payloads are never shown. A member that runs may be writing: its newest bytes then look torn.

Examples
  quorate wal dump /var/lib/quorate --limit 20
  quorate wal dump /var/lib/quorate/log/0000000000000003.wal --from 1200 --to 1300`,
    )
    .action(async (path: string, flags) => {
      const { runWalDump } = await import("./wal/dump-command.ts");
      setCode(await runWalDump(path, flags));
    });
  wal
    .command("verify")
    .description("read a member's whole log as a start would, and say what a start will find and do")
    .argument("<data-dir>", "a member's data directory")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Exit codes: 0 sound, 1 torn, damaged, or such that a start will be refused, 2 nothing can be read or the call is wrong.
It may be used while the member runs: what looks wrong is read again, since the member may have been writing.

Example
  quorate wal verify /var/lib/quorate`,
    )
    .action(async (path: string, flags) => {
      const { runWalVerify } = await import("./wal/verify-command.ts");
      setCode(await runWalVerify(path, flags));
    });
}

function withClientOptions(command: Command): Command {
  return command
    .option(
      "--endpoints <list>",
      "members to ask, the first that answers (default: $QUORATE_ENDPOINTS, $ETCDCTL_ENDPOINTS, 127.0.0.1:2379)",
    )
    .option("--timeout <ms>", "for each member asked", wholeNumber(1, 600_000), 5000)
    .option("--json", "print JSON");
}

function withRangeOptions(command: Command): Command {
  return withClientOptions(command)
    .option("--prefix", "every key that begins with <key>")
    .option("--hex", "keys and values in hexadecimal, as arguments and as output");
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`A whole number from ${least} to ${most} is needed.`);
  };
}

function listOf<T>(read: (text: string) => T): (text: string) => T[] {
  return (text) => text.split(",").map(read);
}

function oneOf<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const chosen = choices.find((choice) => choice === text);
    if (chosen !== undefined) return chosen;
    throw new InvalidArgumentError(`It is one of ${choices.join(", ")}.`);
  };
}

function camelCase(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
