import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "node:tls";
import { setTimeout as delay } from "node:timers/promises";
import type { Access } from "../../packages/cli/src/client/access.ts";
import { CertificateAuthority, type CertificateFiles } from "../harness/certificate-authority.ts";
import { Cluster } from "../harness/cluster.ts";
import { MemberClient } from "../harness/member-client.ts";
import { runProgram, runQuorate } from "../harness/quorate-command.ts";
import { until } from "../harness/until.ts";
import { WriteLoad } from "../harness/write-load.ts";

const local = ["IP:127.0.0.1", "DNS:localhost"];

function accessOf(authority: Buffer, { certFile, keyFile }: CertificateFiles): Access {
  const tls = { ca: authority, cert: readFileSync(certFile), key: readFileSync(keyFile), trustAnyServer: false };
  return { tls, user: undefined };
}

/** A member's own files, whose contents a test exchanges as whoever renews certificates does. */
class MemberFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  get flags(): readonly string[] {
    const [cert, key, ca] = [this.#path("cert"), this.#path("key"), this.#path("ca")];
    const clients = ["--client-cert-auth", `--cert-file=${cert}`, `--key-file=${key}`, `--trusted-ca-file=${ca}`];
    const peers = [`--peer-cert-file=${cert}`, `--peer-key-file=${key}`, `--peer-trusted-ca-file=${ca}`];
    return [...clients, ...peers, "--peer-client-cert-auth", "--peer-cert-allowed-cn=member", "--bcrypt-cost=4"];
  }

  show({ certFile, keyFile }: CertificateFiles): void {
    this.#put("cert", certFile);
    this.#put("key", keyFile);
  }

  trust(...authorities: readonly CertificateAuthority[]): void {
    const next = this.#path("ca-next");
    writeFileSync(next, Buffer.concat(authorities.map(({ certificate }) => certificate)));
    renameSync(next, this.#path("ca"));
  }

  #put(name: string, from: string): void {
    const next = this.#path(`${name}-next`);
    copyFileSync(from, next);
    renameSync(next, this.#path(name));
  }

  #path(name: string): string {
    return join(this.folder, `${name}.pem`);
  }
}

function certificateAt(endpoint: string, access: Access): Promise<string> {
  const port = Number(endpoint.slice(endpoint.lastIndexOf(":") + 1));
  const { ca, cert, key } = access.tls as NonNullable<Access["tls"]>;
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, ALPNProtocols: ["h2"], rejectUnauthorized: false };
    const files = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
    const socket = connect({ ...options, ...files }, () => {
      resolve(socket.getPeerCertificate().issuer.CN as string);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

test("three members with TLS on both ports", { timeout: 120_000 }, async (context) => {
  const end = (done: () => void): void => context.after(done);
  const [first, second, stranger] = ["first", "second", "stranger"].map((name) => new CertificateAuthority(name, end));
  assert.ok(first !== undefined && second !== undefined && stranger !== undefined);
  const issue = (authority: CertificateAuthority) => authority.issue({ commonName: "member", hosts: local });
  const files = [0, 1, 2].map((index) => new MemberFiles(join(first.folder, `m${index}`)));
  for (const own of files) {
    own.show(issue(first));
    own.trust(first);
  }
  const root = first.issue({ commonName: "root" });
  const access = accessOf(Buffer.concat([first.certificate, second.certificate]), root);
  const cluster = await Cluster.start(context, { access, extraArguments: (index) => files[index]?.flags ?? [] });
  const endpoints = cluster.members.map(({ clientUrl }) => clientUrl).join(",");
  const etcdctl = (...args: readonly string[]) =>
    runProgram("etcdctl", [`--endpoints=${endpoints}`, "--dial-timeout=1s", "--command-timeout=1s", ...args], {
      env: { ETCDCTL_API: "3" },
    });
  const certs = (of: CertificateFiles, ca = first) => [
    `--cacert=${ca.caFile}`,
    `--cert=${of.certFile}`,
    `--key=${of.keyFile}`,
  ];

  await context.test("etcdctl and quorate, with certificates and without", async () => {
    assert.equal((await etcdctl(...certs(root), "put", "a", "1")).stdout, "OK\n");
    const other = stranger.issue({ commonName: "root" });
    assert.notEqual(
      (await etcdctl(...certs(other), "get", "a")).code,
      0,
      "a stranger has signed the client's certificate",
    );
    assert.notEqual(
      (await etcdctl(...certs(root, stranger), "get", "a")).code,
      0,
      "the members' is none of a stranger's",
    );
    assert.notEqual((await etcdctl(`--cacert=${first.caFile}`, "get", "a")).code, 0, "no certificate");
    const quorate = await runQuorate(["get", "a", `--endpoints=${endpoints}`, ...certs(root)]);
    assert.match(quorate.stdout, /1/);
    // A member tells of one refusal a second: which one it tells of is chance.
    const told = async (what: RegExp, attempt: readonly string[]) => {
      await delay(1100);
      await etcdctl(...attempt, "get", "a");
      return cluster.members.some(({ log }) => what.test(log)) ? true : undefined;
    };
    const uncertain = /"TLS: no certificate was shown"/;
    await until("a member says so", 20_000, () => told(uncertain, [`--cacert=${first.caFile}`]));
    const strange = /the certificate is not good: UNABLE_TO_VERIFY_LEAF_SIGNATURE/;
    await until("a member says why", 20_000, () => told(strange, certs(other)));
    const uncertified = await runQuorate(["get", "a", `--endpoints=${endpoints}`, `--cacert=${first.caFile}`]);
    assert.match(uncertified.stderr, /client certificate|alert certificate required/i);
    const untrusting = await runQuorate(["get", "a", `--endpoints=${endpoints}`, ...certs(root, stranger)]);
    assert.match(untrusting.stderr, /of an authority that is not known here \(--cacert\)/);
    const plain = await runQuorate(["get", "a", `--endpoints=${cluster.member(0).endpoint}`]);
    assert.match(plain.stderr, /does not speak gRPC; with TLS the endpoint begins with https/);
    assert.deepEqual([uncertified.code, untrusting.code, plain.code], [1, 1, 1]);
  });

  await context.test("certificates and authorities are exchanged while clients write", async () => {
    const load = new WriteLoad(cluster.clients, { writersPerMember: 1, keyPrefix: "w/", pauseAfterFailureMs: 50 });
    const began = performance.now();
    for (const own of files) own.trust(first, second);
    await delay(2500);
    for (const own of files) own.show(issue(second));
    const shows = async () =>
      (await Promise.all(cluster.members.map(({ endpoint }) => certificateAt(endpoint, access)))).every(
        (issuer) => issuer === "second",
      );
    await until("all members show the new certificates", 15_000, async () => ((await shows()) ? true : undefined));
    // Streams that are open stay; this one begins anew.
    const restarted = cluster.member(((await cluster.untilServing()) + 1) % 3);
    await restarted.kill();
    restarted.start();
    await cluster.untilServing();
    assert.equal(load.longestSilenceMs(began, performance.now()) < 5000, true, "clients wrote on");
    await load.stop();
    await cluster.untilCaughtUp();
    const found = await cluster.client(2).readAll("w/", 500);
    for (const [key, value] of load.acknowledged) assert.equal(found.get(key), value);
    assert.ok(load.acknowledged.size > 20, `${load.acknowledged.size} writes`);
  });

  await context.test(
    "a member whose certificate is not good stays out, says why without end, and comes back with a good one",
    async () => {
      await cluster.member(2).kill();
      files[2]?.show(stranger.issue({ commonName: "member", hosts: local }));
      const before = cluster.members.map(({ log }) => log.length);
      cluster.member(2).start();
      const refusal = /connection to this member's peer port was refused.*|.*the certificate is not good/;
      await until("somebody refuses it", 10_000, async () =>
        refusal.test(cluster.member(0).log.slice(before[0])) ? true : undefined,
      );
      await delay(2000);
      for (const [index, { log }] of cluster.members.entries()) {
        const lines = log
          .slice(before[index])
          .split("\n")
          .filter((line) => /"level":"(warn|info)".*(TLS|reach)/.test(line));
        assert.ok(lines.length < 15, `member ${index} says ${lines.length} times: ${lines.slice(-3).join("\n")}`);
      }
      files[2]?.show(issue(second));
      await cluster.untilServing();
    },
  );

  await context.test("certificates name users once auth is enabled", async () => {
    const both = [`--cacert=${second.caFile}`];
    const as = (of: CertificateFiles) => [...both, `--cert=${of.certFile}`, `--key=${of.keyFile}`];
    assert.equal((await etcdctl(...as(root), "user", "add", "root", "--no-password")).code, 0);
    assert.equal((await etcdctl(...as(root), "user", "grant-role", "root", "root")).code, 0);
    assert.equal((await etcdctl(...as(root), "user", "add", "ann:secret")).code, 0);
    assert.equal((await etcdctl(...as(root), "auth", "enable")).code, 0);
    assert.equal((await etcdctl(...as(root), "put", "a", "2")).stdout, "OK\n");
    const ann = first.issue({ commonName: "ann" });
    assert.match((await etcdctl(...as(ann), "put", "a", "3")).stderr, /permission denied/);
    assert.match((await etcdctl(...as(root), "--user=ann:secret", "put", "a", "3")).stderr, /permission denied/);
    assert.match((await etcdctl(...as(root), "--user=ann:wrong", "put", "a", "3")).stderr, /authentication failed/);
    const other = new MemberClient(cluster.member(1).clientUrl, 5000, accessOf(second.certificate, root));
    assert.equal(await other.get("a"), "2");
    other.close();
  });
});
