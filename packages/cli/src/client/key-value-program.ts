import { Option, type Command } from "commander";
import { wholeNumber, type SetCode } from "../arguments.ts";
import { withAnswerOptions, withHex } from "./client-options.ts";
import type { GetCommandFlags } from "./key-value-commands.ts";
import { withDelOptions, withGetOptions, withPutOptions } from "./key-value-options.ts";
import type { DelFlags, PutFlags } from "./key-requests.ts";
import type { TxnFlags } from "./txn-command.ts";
import type { WatchFlags } from "./watch-command.ts";
import type { ClientFlags } from "./with-calls.ts";

/** get, put, del, txn and watch. */
export function addKeyValue(program: Command, setCode: SetCode): void {
  withHex(withGetOptions(withAnswerOptions(program.command("get"))))
    .description("show a key, or the keys in [key, range-end)")
    .argument("<key>")
    .argument("[range-end]")
    .option("--print-value-only", "no keys")
    .addHelpText(
      "after",
      `
Examples
  quorate get greeting
  quorate get app/ --prefix --keys-only
  quorate get app/ --prefix --json --consistency serializable
  quorate get app/ --prefix --sort-by modify --order descend --limit 10
  quorate get greeting --rev 42`,
    )
    .action(async (key: string, end: string | undefined, flags: GetCommandFlags) => {
      const { runGet } = await import("./key-value-commands.ts");
      setCode(await runGet(key, end, flags));
    });

  withPutOptions(withAnswerOptions(program.command("put")))
    .description("set a key; without a value, standard input is the value")
    .argument("<key>")
    .argument("[value]")
    .option("--hex", "key and value are given in hexadecimal")
    .addHelpText(
      "after",
      `
Examples
  quorate put greeting hello
  quorate put config < config.json
  quorate put session alive --lease 694d7c0e1d4ec502
  quorate put session --ignore-value --lease 0`,
    )
    .action(async (key: string, value: string | undefined, flags: ClientFlags & PutFlags) => {
      const { runPut } = await import("./key-value-commands.ts");
      setCode(await runPut(key, value, flags));
    });

  withHex(withDelOptions(withAnswerOptions(program.command("del"))))
    .description("delete a key, or the keys in [key, range-end)")
    .argument("<key>")
    .argument("[range-end]")
    .addHelpText("after", "\nExamples\n  quorate del greeting\n  quorate del app/ --prefix --prev-kv")
    .action(async (key: string, end: string | undefined, flags: ClientFlags & DelFlags) => {
      const { runDel } = await import("./key-value-commands.ts");
      setCode(await runDel(key, end, flags));
    });

  addTxn(program, setCode);
  addWatch(program, setCode);
}

function addTxn(program: Command, setCode: SetCode): void {
  withHex(withAnswerOptions(program.command("txn")))
    .description("compare, and then do one of two lists of operations, all at once")
    .argument("[file]", "in the form below; standard input where it is left out")
    .option("-i, --interactive", "ask for each part (at a terminal this is so without a file)")
    .addHelpText(
      "after",
      `
The form is etcdctl's: comparisons, a blank line, what to do when all hold, a blank line, what to do else. There are
value("k"), version("k"), create("k"), mod("k") and lease("k") with =, !=, < and >; and get, put and del with their options.
The answer begins with SUCCESS or FAILURE; either is exit code 0, and with --json it is "succeeded".

Example
  quorate txn <<END
  mod("account/a") = "17"
  version("account/b") > "0"

  put account/a 90
  put account/b 110

  get account/ --prefix
  END`,
    )
    .action(async (path: string | undefined, flags: TxnFlags) => {
      const { runTxn } = await import("./txn-command.ts");
      setCode(await runTxn(path, flags));
    });
}

function addWatch(program: Command, setCode: SetCode): void {
  withHex(withAnswerOptions(program.command("watch")))
    .description("show every change of a key, or of the keys in [key, range-end), until it is stopped")
    .argument("<key>")
    .argument("[range-end]")
    .option("--prefix", "every key that begins with <key>")
    .option("--from-key", "every key from <key> on")
    .option(
      "--rev <revision>",
      "from this revision on (default: what comes next)",
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .option("--prev-kv", "show what the key held before, too")
    .option("--progress-notify", "say now and then how far it is when nothing changes")
    .addOption(new Option("--no-put", "leave puts out").conflicts("noDelete"))
    .option("--no-delete", "leave deletions out")
    .option("--events <count>", "end after so many changes", wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .usage("[options] <key> [range-end] [-- command [arguments...]]")
    .allowExcessArguments()
    .addHelpText(
      "after",
      `
When its member is lost the watch goes on at another one, and misses nothing. A command after "--" is run for every change,
one after the other, with ETCD_WATCH_REVISION, ETCD_WATCH_EVENT_TYPE (PUT or DELETE), ETCD_WATCH_KEY and ETCD_WATCH_VALUE.

Examples
  quorate watch app/ --prefix
  quorate watch app/ --prefix --rev 1 --json
  quorate watch config -- sh -c 'echo "$ETCD_WATCH_VALUE" > config.json'`,
    )
    .action(async (key: string, end: string | undefined, flags: GivenWatchFlags, command: Command) => {
      const { runWatch } = await import("./watch-command.ts");
      const child = afterDashes(command);
      const range = command.args.length - child.length > 1 ? end : undefined;
      setCode(await runWatch(key, range, child, { ...flags, noPut: !flags.put, noDelete: !flags.delete }));
    });
}

/** Commander knows "--no-put" as `put` that is false. */
type GivenWatchFlags = Omit<WatchFlags, "noPut" | "noDelete"> & { readonly put: boolean; readonly delete: boolean };

/** What stands after "--". */
export function afterDashes(command: Command): readonly string[] {
  let root = command;
  while (root.parent !== null) root = root.parent;
  const given = (root as Command & { readonly rawArgs: readonly string[] }).rawArgs;
  const dashes = given.indexOf("--");
  return dashes < 0 ? [] : given.slice(dashes + 1);
}
