import { mkdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { exitCodes } from "../errors.ts";
import { checkExistingLayout, chooseLayout } from "./choose-layout.ts";
import type { DevLayout, DevMember } from "./dev-layout.ts";
import { readLayout, writeLayout } from "./dev-layout.ts";
import { plainScreen, terminalScreen } from "./live-screen.ts";
import { SupervisedMember } from "./supervised-member.ts";

export interface DevOptions {
  /** Undefined: three, or as many as the folder holds. */
  readonly members: number | undefined;
  readonly dataDir: string;
  readonly basePort: number | undefined;
  readonly restart: boolean;
  readonly logLevel: string;
}

const refreshMs = 500;
/** npm and a terminal may each pass on the same Ctrl-C: only a later one means "at once". */
const secondSignalAfterMs = 1000;

/** `quorate dev`: a cluster of real member processes on this machine, until a signal. Gives the exit code. */
export async function runDev(options: DevOptions, entry: readonly [string, ...string[]]): Promise<number> {
  const folder = resolve(options.dataDir);
  const layout = await prepareLayout(folder, options);
  const shown = relative(process.cwd(), folder) || ".";
  say(introduction(layout, shown));

  const members = layout.members.map((member) => superviseMember(member, layout, folder, options, entry));
  for (const member of members) member.start();
  const screen = process.stdout.isTTY ? terminalScreen(process.stdout) : plainScreen(say, () => performance.now());
  const show = () => screen.show(members.map(({ row }) => row));
  const refresh = setInterval(show, refreshMs);

  const impatient = await untilSignal();
  say("\nStopping ...");
  impatient(() => members.forEach((member) => member.kill()));
  await Promise.all(members.map((member) => member.stop()));
  clearInterval(refresh);
  say(`Stopped. The data stays in ${shown}; run it again to go on.`);
  return exitCodes.done;
}

async function prepareLayout(folder: string, options: DevOptions): Promise<DevLayout> {
  mkdirSync(folder, { recursive: true });
  const existing = readLayout(folder);
  if (existing !== undefined) {
    await checkExistingLayout(existing, folder, { count: options.members, basePort: options.basePort });
    return existing;
  }
  const { layout, remarks } = await chooseLayout(options.members ?? 3, options.basePort);
  for (const remark of remarks) say(remark);
  writeLayout(folder, layout);
  return layout;
}

function superviseMember(
  member: DevMember,
  layout: DevLayout,
  folder: string,
  options: DevOptions,
  entry: readonly [string, ...string[]],
): SupervisedMember {
  const clientUrl = `http://127.0.0.1:${member.clientPort}`;
  const peerUrl = (one: DevMember) => `http://127.0.0.1:${one.peerPort}`;
  const [program, ...first] = entry;
  return new SupervisedMember({
    name: member.name,
    clientUrl,
    logPath: join(folder, `${member.name}.log`),
    restart: options.restart,
    command: [
      program,
      ...first,
      "serve",
      `--name=${member.name}`,
      `--data-dir=${join(folder, member.name)}`,
      `--listen-client-urls=${clientUrl}`,
      `--advertise-client-urls=${clientUrl}`,
      `--listen-peer-urls=${peerUrl(member)}`,
      `--initial-advertise-peer-urls=${peerUrl(member)}`,
      `--initial-cluster=${layout.members.map((one) => `${one.name}=${peerUrl(one)}`).join(",")}`,
      "--initial-cluster-token=quorate-dev",
      `--log-level=${options.logLevel}`,
      "--log-format=pretty",
    ],
  });
}

function introduction(layout: DevLayout, folder: string): string {
  const endpoints = layout.members.map(({ clientPort }) => `127.0.0.1:${clientPort}`).join(",");
  return [
    `Quorate: ${layout.members.length} members on this machine. Data and logs in ${folder}. Ctrl-C stops it all.`,
    "",
    "  With etcd's own tool:",
    `    export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=${endpoints}`,
    "    etcdctl put greeting hello",
    "    etcdctl get greeting",
    "  Or without it:",
    `    npx quorate status --endpoints ${endpoints}`,
    "  To see it survive, kill the leader by its PID and go on writing:",
    "    kill -9 <PID of the leader>",
    "",
  ].join("\n");
}

/** Resolves at the first signal, with a way to learn of a later, impatient one. */
function untilSignal(): Promise<(callback: () => void) => void> {
  return new Promise((resolve) => {
    let firstMs: number | undefined;
    let atOnce: (() => void) | undefined;
    const received = () => {
      const nowMs = performance.now();
      if (firstMs === undefined) {
        firstMs = nowMs;
        resolve((callback) => {
          atOnce = callback;
        });
      } else if (nowMs - firstMs >= secondSignalAfterMs) {
        atOnce?.();
      }
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, received);
  });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
