import assert from "node:assert/strict";
import { test } from "node:test";
import { askForClientUrls } from "../../packages/etcd/src/ask-for-clients.ts";
import { CertificateAuthority } from "../harness/certificate-authority.ts";
import { Cluster } from "../harness/cluster.ts";
import { runProgram } from "../harness/quorate-command.ts";
import { until } from "../harness/until.ts";
import { WriteLoad } from "../harness/write-load.ts";

const local = ["IP:127.0.0.1", "DNS:localhost"];

/** Cuts and pauses of a machine that is busy with other things come on top: an outage would last many times T. */
const longestSilenceMs = 10_000;

test("a cluster's members are changed from plain streams to TLS and back one by one, while clients write", {
  timeout: 300_000,
}, async (context) => {
  const authority = new CertificateAuthority("members", (end) => context.after(end));
  const { certFile, keyFile } = authority.issue({ commonName: "member", hosts: local });
  const certificate = [
    `--peer-cert-file=${certFile}`,
    `--peer-key-file=${keyFile}`,
    `--peer-trusted-ca-file=${authority.caFile}`,
    "--peer-client-cert-auth",
  ];
  // Elections are counted: a machine that is busy for a second must not make one.
  const cluster = await Cluster.start(context, { electionTimeoutMs: 3000 });
  const { members, clients } = cluster;
  const peerUrls = (scheme: string): string[] => members.map(({ peerUrl }) => peerUrl.replace(/^https?/, scheme));
  /** What a member is given as its flags once all URLs are of this kind. */
  const urlFlags = (scheme: string, index: number): string[] => {
    const own = peerUrls(scheme)[index] as string;
    const all = peerUrls(scheme).map((url, at) => `m${at + 1}=${url}`);
    return [`--listen-peer-urls=${own}`, `--initial-advertise-peer-urls=${own}`, `--initial-cluster=${all.join()}`];
  };
  const etcdctl = async (...args: readonly string[]): Promise<string> => {
    const endpoints = members.map(({ endpoint }) => endpoint).join();
    const ran = await runProgram("etcdctl", [`--endpoints=${endpoints}`, ...args], { env: { ETCDCTL_API: "3" } });
    assert.equal(ran.code, 0, `etcdctl ${args.join(" ")}: ${ran.stderr}`);
    return ran.stdout;
  };
  const term = async (): Promise<number> => Math.max(...(await cluster.states()).map((state) => state?.term ?? 0));
  /** Restarts every member in turn, with these flags; says how many of them led. */
  const restartAll = async (flags: (index: number) => readonly string[]): Promise<void> => {
    for (const [index, member] of members.entries()) {
      const isLeader = (await cluster.untilServing()) === index;
      const before = await term();
      await member.stop();
      member.options = { ...member.options, extraArguments: flags(index) };
      member.start();
      await cluster.untilCaughtUp();
      const elections = (await term()) - before;
      assert.ok(elections <= (isLeader ? 1 : 0), `${elections} elections when ${member.name} was restarted`);
    }
  };
  const updateAll = async (scheme: string): Promise<void> => {
    const before = await term();
    for (const [index, url] of peerUrls(scheme).entries()) {
      const id = BigInt((await cluster.states())[index]?.memberId ?? 0).toString(16);
      await etcdctl("member", "update", id, `--peer-urls=${url}`);
    }
    await cluster.untilCaughtUp();
    assert.equal(await term(), before, "no election");
  };
  const metrics = (name: string): Promise<number[]> =>
    Promise.all(
      members.map(async ({ clientUrl }) => {
        const text = await (await fetch(`${clientUrl}/metrics`)).text();
        return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
      }),
    );
  const plainStreams = (): Promise<number[]> => metrics("quorate_tls_plain_peer_streams");
  const securely = { peerTls: { source: { certFile, keyFile, trustedCaFile: authority.caFile } }, dataDir: "" };
  const answersPlain = (url: string): Promise<boolean> =>
    askForClientUrls(url, 2000).then(
      () => true,
      () => false,
    );
  const answersSecurely = (url: string): Promise<boolean> =>
    askForClientUrls(url, 2000, securely).then(
      () => true,
      () => false,
    );
  const each = (ask: (url: string) => Promise<boolean>): Promise<boolean[]> => Promise.all(peerUrls("https").map(ask));

  const load = new WriteLoad(clients, { writersPerMember: 1, keyPrefix: "w/", pauseAfterFailureMs: 50 });
  const began = performance.now();
  assert.deepEqual(await each(answersPlain), [true, true, true]);
  assert.deepEqual(await each(answersSecurely), [false, false, false]);
  const migrating = [...certificate, "--peer-tls-migration"];

  await context.test("first each is given its certificate, and takes both", async () => {
    await restartAll(() => migrating);
    assert.deepEqual(await each(answersPlain), [true, true, true]);
    assert.deepEqual(await each(answersSecurely), [true, true, true]);
    assert.ok(members.every(({ log }) => /SECURITY: --peer-tls-migration: members are taken/.test(log)));
    assert.deepEqual(await metrics("quorate_tls_peer_migration"), [1, 1, 1]);
    const counts = await plainStreams();
    assert.ok(
      counts.every((count) => count > 0),
      `they still speak plain: ${counts.join()}`,
    );
  });

  await context.test("then each is given its new URL, and those that are open change over", async () => {
    await updateAll("https");
    await until("nothing plain is open", 20_000, async () =>
      (await plainStreams()).every((count) => count === 0) ? true : undefined,
    );
  });

  await context.test("last each is restarted without the option: plain is refused", async () => {
    await restartAll((index) => [...certificate, ...urlFlags("https", index)]);
    assert.deepEqual(await each(answersPlain), [false, false, false]);
    assert.deepEqual(await each(answersSecurely), [true, true, true]);
    assert.deepEqual(await metrics("quorate_tls_peer_migration"), [0, 0, 0]);
    const refused = await metrics("quorate_tls_refused_peers_total");
    assert.ok(
      refused.every((count) => count > 0),
      `${refused.join()} connections were refused`,
    );
  });

  await context.test("back again takes the same option and the same steps", async () => {
    await restartAll((index) => [...migrating, ...urlFlags("https", index)]);
    await updateAll("http");
    await restartAll((index) => urlFlags("http", index));
    assert.deepEqual(await each(answersPlain), [true, true, true]);
    assert.deepEqual(await each(answersSecurely), [false, false, false]);
  });

  const silence = load.longestSilenceMs(began, performance.now());
  await load.stop();
  assert.ok(silence < longestSilenceMs, `${silence} ms without an acknowledged write`);
  await cluster.untilCaughtUp();
  const found = await cluster.client(1).readAll("w/", 500);
  for (const [key, value] of load.acknowledged) assert.equal(found.get(key), value);
  assert.ok(load.acknowledged.size > 100, `${load.acknowledged.size} writes`);
  context.diagnostic(`${load.acknowledged.size} writes, the longest pause ${Math.round(silence)} ms`);
});
