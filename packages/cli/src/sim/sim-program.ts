import { Option, type Command } from "commander";
import { listOf, oneOf, wholeNumber, type SetCode } from "../arguments.ts";
import { simWorlds, traceKinds, type SimFlags } from "./sim-request.ts";

export function addSim(program: Command, setCode: SetCode): void {
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
  quorate sim --scenario phantom-leader --seeds 10000
  quorate sim --seed 2 --bug "votes are given without a look at the log" --shrink`,
    )
    .action(async (flags: SimFlags) => {
      const { runSim } = await import("./sim-command.ts");
      setCode(await runSim(flags));
    });
}
