import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startQuorate } from "../contenders.ts";
import { runLoad } from "../run-load.ts";
import type { BenchOptions, ProfileOptions } from "../options.ts";
import { generatorFor } from "../options.ts";
import { checkEffects } from "../effects.ts";
import type { Running } from "../running.ts";
import { endpointsFor } from "../targets.ts";
import { Accounts, describeAccounts } from "./accounts.ts";
import { PerfRecording, perfFlags } from "./perf.ts";
import type { ThreadProfile } from "./profile-member.ts";
import { profiledEnvironment, Profiler } from "./profile-member.ts";
import { describeThread } from "./report.ts";
import { threadTimes } from "./self-time.ts";

/** Runs one load against a Quorate cluster and prints where the time of one of its members goes, per operation. */
export async function runProfile(options: BenchOptions, profile: ProfileOptions, running: Running): Promise<void> {
  const { seconds, warmUpSeconds, to } = options;
  const [operation] = options.operations;
  const [inFlight] = options.inFlight;
  if (operation === undefined || inFlight === undefined) throw new Error("a profile is of one operation");
  const folder = profile.folder ?? mkdtempSync(join(tmpdir(), "quorate-profile-"));
  mkdirSync(folder, { recursive: true });
  const nodeOptions = profile.perf ? { NODE_OPTIONS: `${profiledEnvironment.NODE_OPTIONS} ${perfFlags}` } : {};
  const contender = await running.start(() =>
    startQuorate({
      // The profiler's start holds the member up: nobody is to stand for election meanwhile.
      electionTimeoutMs: 5000,
      environment: () => ({ ...profiledEnvironment, ...nodeOptions }),
    }),
  );
  const leader = await contender.leader();
  const looked = profile.of === "leader" ? leader : (leader + 1) % contender.members.length;
  const member = contender.members[looked];
  const leading = contender.members[leader];
  if (member === undefined || leading === undefined) throw new Error("a cluster has members");
  const endpoints = endpointsFor(to, contender, leader);
  const generator = generatorFor(options, operation);
  const load = { generator, endpoints, operation, inFlight, seconds, warmUpSeconds };
  // The first load lets V8 compile what is hot; the second is measured without the profiler, the third with it.
  await runLoad({ ...load, seconds: 1 }, { begin() {}, end() {} });
  const accounts = new Accounts(contender.members.map(({ pid }) => pid));
  const names = contender.members.map((_, index) => (index === leader ? "leader" : `follower m${index + 1}`));
  const plain = await runLoad(load, accounts);
  console.log(`${operation.title}, ${inFlight} in flight, to ${to}; without the profiler:`);
  console.log(describeAccounts(accounts, names, looked, plain.answers));
  const profiler = await Profiler.attach(member.log, profile.intervalMicros);
  let profiles: readonly ThreadProfile[] = [];
  const before = await leading.client.revision();
  const { requests, answers } = await runLoad(load, {
    async begin() {
      await profiler.start();
      accounts.begin();
    },
    async end() {
      accounts.end();
      profiles = await profiler.stop();
    },
  });
  await checkEffects(contender, operation, requests, before, leader);
  profiler.close();
  console.log(`\nWith the profiler: ${answers.perSecond.toFixed(0)} operations/s. The ${profile.of}:`);
  for (const { thread, profile } of profiles) {
    writeFileSync(join(folder, `${thread}.cpuprofile`), JSON.stringify(profile));
    const spent = accounts.threads(looked).filter(({ name }) => name === nameInKernel(thread));
    const seconds = spent.reduce((sum, one) => sum + one.seconds, 0);
    console.log(describeThread(threadTimes(thread, profile), answers.count, seconds));
  }
  if (profile.perf) {
    const perf = new PerfRecording(member.pid, join(folder, "perf.data"));
    await runLoad(load, perf);
    console.log(`\n== perf, share of all samples by thread, library and symbol\n${await perf.report()}`);
  }
  console.log(`\nProfiles: ${folder}`);
}

/** Linux keeps 15 bytes of a thread's name, and Node.js names its first thread so. */
function nameInKernel(thread: string): string {
  return thread === "main" ? "node-MainThread" : thread.slice(0, 15);
}
