// `npm run verify`: the long form of everything, and the rows for the ledger in docs/verification.md.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureInstalled, seconds, supportedNode } from "./prepare.mjs";
import { root, run } from "./run-command.mjs";

/** What packages/simulator/test/smoke.test.ts runs when QUORATE_SEEDS is 1: worlds of the core, and of whole members. */
const budget = "(2,000 + 200)";

const counts = {
  seeds: "6",
  kills: "30",
  absence: "30",
  cuts: "2000",
  crash: "10",
  members: "6",
  fuzz: "4",
  store: "100",
};

const usage = `Usage: npm run verify -- [--only PART[,PART]] [--seeds N] [--kills N] [--absence SECONDS] [--cuts N] [--crash MINUTES]
       [--members MINUTES] [--store N] [--fuzz MINUTES]

The long form of npm test. With the defaults it takes less than 75 minutes on two cores. Prints a row for each part, for the
ledger in docs/verification.md.

Parts
  tests      npm test with more simulation seeds, more killed leaders, longer absences, the whole damage matrix
             and the slow subcommands of etcdctl
  patroni    PostgreSQL under Patroni, whose primary is killed, and then Quorate's leader
  store      whole members with the store in simulated worlds: watches, leases, compaction, permissions
  doctor     the doctor's precision and recall on simulated incidents; a serious finding in a healthy run is a failure
  power-cut  simulated power cuts of real members' directories
  crash      the crash laboratory: real processes, and faults from a random seed
  members    the same, with members that join, leave and are replaced
  handover   handing over under writes
  differential  drawn requests to etcd and to a member: equal answers
  fuzz       what clients can send, from seeds

Options
  --only PART        only these parts (comma-separated, or given several times)
  --seeds N          times the simulation's budget of ${budget} seeds (default ${counts.seeds})
  --kills N          times that the leader is killed under load (default ${counts.kills})
  --absence SECONDS  how long a follower is stopped or cut off (default ${counts.absence})
  --cuts N           power cuts (default ${counts.cuts})
  --crash MINUTES    how long faults strike in the crash laboratory (default ${counts.crash})
  --members MINUTES  how long members change there (default ${counts.members})
  --store N          seeds of each workload of the store in the simulator (default ${counts.store})
  --fuzz MINUTES     how long wrong bytes, and requests at their bounds, are drawn, over all surfaces (default ${counts.fuzz})
  --help             this text

Exit code: 0 nothing was found, 1 a finding, 2 called wrongly.
`;

function wrong(message) {
  console.error(`${message}\n\n${usage}`);
  process.exit(2);
}

function parse() {
  const text = { type: "string" };
  const options = Object.fromEntries(
    Object.entries(counts).map(([name, value]) => [name, { ...text, default: value }]),
  );
  try {
    return parseArgs({ options: { ...options, only: { ...text, multiple: true }, help: { type: "boolean" } } }).values;
  } catch (error) {
    return wrong(error.message);
  }
}

const values = parse();
if (values.help) {
  console.log(usage);
  process.exit(0);
}
for (const name of Object.keys(counts)) {
  if (!/^[1-9]\d{0,4}$/.test(values[name])) {
    wrong(`--${name} must be a whole number from 1 to 99999, not "${values[name]}".`);
  }
}

const npm = process.platform === "win32" ? "npm.cmd" : "npm";
const parts = [
  {
    name: "tests",
    command: `npm test, ${values.seeds} x ${budget} seeds, ${values.kills} kills, absences of ${values.absence} s, QUORATE_DAMAGE=full, QUORATE_SLOW_CLIENTS=1`,
    start: () =>
      run(supportedNode(), [join(root, "scripts", "test.mjs")], {
        forwardSignals: true,
        env: {
          ...process.env,
          QUORATE_SEEDS: values.seeds,
          QUORATE_KILL_ROUNDS: values.kills,
          QUORATE_ABSENCE_SECONDS: values.absence,
          QUORATE_DAMAGE: "full",
          QUORATE_LAB: "all",
          QUORATE_SLOW_CLIENTS: "1",
        },
      }),
  },
  npmPart("patroni", "patroni"),
  npmPart("store", "store-sim", "--seeds", values.store),
  npmPart("doctor", "doctor:measure"),
  npmPart("power-cut", "power-cut", "--cuts", values.cuts),
  npmPart("crash", "crash", "--minutes", values.crash),
  npmPart("members", "crash", "--members", "--minutes", values.members),
  npmPart("handover", "handover-lab", "--transfers", "20"),
  npmPart("differential", "differential", "--runs", "20"),
  npmPart("fuzz", "fuzz", "--minutes", values.fuzz),
];

/** A command of the repository, with arguments of its own. */
function npmPart(name, script, ...args) {
  const rest = args.length === 0 ? [] : ["--", ...args];
  const command = ["npm", "run", script, ...rest].join(" ");
  return { name, command, start: () => run(npm, ["run", script, ...rest], { forwardSignals: true }) };
}

const only = (values.only ?? []).flatMap((list) => list.split(","));
const unknown = only.filter((name) => !parts.some((part) => part.name === name));
if (unknown.length > 0) wrong(`There is no part ${unknown.join(", ")}.`);

await ensureInstalled();
const { output } = await run("git", ["rev-parse", "--short=12", "HEAD"], { quiet: true });
const { output: changes } = await run("git", ["status", "--porcelain"], { quiet: true });
const commit = `${output.trim()}${changes.trim() === "" ? "" : " + changes"}`;
const rows = [];
for (const part of parts.filter(({ name }) => only.length === 0 || only.includes(name))) {
  console.log(`\n══ ${part.name}: ${part.command}\n`);
  const started = Date.now();
  const { code } = await part.start();
  const day = new Date().toISOString().slice(0, 10);
  const finding = code === 0 ? "none" : "FAILED: describe the finding";
  rows.push({ code, text: `| ${day} | ${commit} | \`${part.command}\` | ${seconds(started)} | ${finding} |` });
}
console.log("\nFor docs/verification.md:");
for (const { text } of rows) console.log(text);
process.exitCode = rows.every(({ code }) => code === 0) ? 0 : 1;
