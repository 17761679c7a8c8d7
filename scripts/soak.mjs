// `npm run soak`: the simulator on all cores for as long as asked, and a row for the ledger in docs/verification.md.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureInstalled, seconds, supportedNode } from "./prepare.mjs";
import { root, run } from "./run-command.mjs";

const usage = `Usage: npm run soak -- [--minutes N] [--from SEED] [--workers N] [--world core|replica|both]

Runs seeds in simulated worlds, on all cores, and goes on when one fails: each failing run is kept in soak/.

Options
  --minutes N    how long (default 30)
  --from SEED    the first seed (default: any; it is printed)
  --workers N    how many at a time (default: one for each processor)
  --world KIND   cores, whole members, or each seed in both (default both)
  --help         this text

Ctrl-C ends it early, with the row for what was done. Exit code: 0 nothing was found, 1 a finding, 2 called wrongly.
`;

function wrong(message) {
  console.error(`${message}\n\n${usage}`);
  process.exit(2);
}

function parse() {
  const text = { type: "string" };
  try {
    const options = { minutes: { ...text, default: "30" }, from: text, workers: text, world: text };
    return parseArgs({ options: { ...options, help: { type: "boolean" } } }).values;
  } catch (error) {
    return wrong(error.message);
  }
}

const values = parse();
if (values.help) {
  console.log(usage);
  process.exit(0);
}
if (!/^[1-9]\d{0,4}$/.test(values.minutes)) wrong(`--minutes must be a whole number from 1, not "${values.minutes}".`);

await ensureInstalled();
const { output: head } = await run("git", ["rev-parse", "--short=12", "HEAD"], { quiet: true });
const { output: changes } = await run("git", ["status", "--porcelain", "--untracked-files=no"], { quiet: true });
const commit = `${head.trim()}${changes.trim() === "" ? "" : " + changes"}`;
const given = ["from", "workers", "world"].flatMap((name) =>
  values[name] === undefined ? [] : [`--${name}`, values[name]],
);
const args = [
  "--disable-warning=ExperimentalWarning",
  "--conditions=@quorate/source",
  join(root, "packages", "cli", "bin", "quorate.mjs"),
  "sim",
  "--minutes",
  values.minutes,
  ...given,
  "--out",
  join(root, "soak"),
  "--commit",
  commit,
  "--json",
];
const begun = Date.now();
const { code, output } = await soak(supportedNode(), args);
if (output.trim() === "") process.exit(code === 0 ? 1 : code);

const { from, seeds, runs, events, virtualMs, elections, failures } = JSON.parse(output);
const day = new Date().toISOString().slice(0, 10);
const done =
  `${seeds} seeds from ${from} (${runs} runs), ${(events / 1e6).toFixed(1)} M events, ` +
  `${(virtualMs / 3_600_000).toFixed(2)} simulated hours, ${elections} elections, in ${seconds(begun)}`;
const found = failures.map(({ world, seed, message }) => `${world} seed ${seed}: ${message}`).join("; ");
const command = ["npm run soak -- --minutes", values.minutes, ...given].join(" ");
console.log("\nFor docs/verification.md:");
console.log(`| ${day} | ${commit} | \`${command}\` | ${done} | ${found === "" ? "none" : found} |`);
process.exitCode = code;

/** Its summary comes on standard output; the rest is for whoever watches. It ends itself on Ctrl-C, and then we do. */
function soak(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
    const forward = (signal) => child.kill(signal);
    process.on("SIGTERM", forward);
    // A terminal sends Ctrl-C to both.
    process.on("SIGINT", () => {});
    child.on("error", (error) => wrong(error.message));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
