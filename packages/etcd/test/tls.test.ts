import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "node:tls";
import type { Logger } from "@quorate/host";
import { CertificateAuthority } from "../../../test/harness/certificate-authority.ts";
import { freePorts } from "../../../test/harness/free-ports.ts";
import { askForClientUrls, startEtcdServer, type EtcdServerOptions } from "../src/index.ts";
import { CertificateFiles, loadCertificates } from "../src/tls/certificate-files.ts";
import { memberOptions, startSingleMember, temporaryFolder, untilLeads } from "./support/single-member.ts";

function recorder(): { readonly logger: Logger; readonly warnings: string[] } {
  const warnings: string[] = [];
  const ignore = (): void => {};
  const warn = (message: string, fields?: unknown): void => void warnings.push(`${message} ${JSON.stringify(fields)}`);
  return { logger: { debug: ignore, info: ignore, warn, error: warn }, warnings };
}

function certificateAt(url: string, ca: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const port = Number(new URL(url).port);
    const socket = connect({ host: "127.0.0.1", port, ca, ALPNProtocols: ["h2"] }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

test("--auto-tls and --peer-auto-tls: certificates that sign themselves, kept for the next start", async (context) => {
  const dataDir = join(temporaryFolder(context), "data");
  const options: EtcdServerOptions = {
    ...memberOptions(dataDir),
    listenClients: [{ host: "127.0.0.1", port: 0, secure: true }],
    clientTls: { source: "auto" },
    peerTls: { source: "auto" },
  };
  const fingerprints: string[] = [];
  for (let start = 0; start < 2; start++) {
    const server = await startEtcdServer(options);
    await untilLeads(server);
    const url = server.clientUrls[0] as string;
    assert.match(url, /^https:/);
    fingerprints.push(await certificateAt(url, readFileSync(join(dataDir, "fixtures/client/cert.pem"))));
    await server.close();
  }
  assert.equal(fingerprints[0], fingerprints[1]);
});

test("who is not yet a member asks a peer over TLS where clients are served", async (context) => {
  const dataDir = join(temporaryFolder(context), "data");
  const authority = new CertificateAuthority("ca", (end) => context.after(end));
  const files = authority.issue({ commonName: "member", hosts: ["IP:127.0.0.1"] });
  const peerTls = { source: { ...files, trustedCaFile: authority.caFile }, clientCertAuth: true } as const;
  const [free = 0] = await freePorts(1);
  const server = await startSingleMember(context, {
    dataDir,
    listenPeers: { host: "127.0.0.1", port: free },
    advertiseClientUrls: ["http://10.0.0.1:2379"],
    peerTls,
  });
  assert.equal(server.replica.status.role, "leader");
  const ask = (tls?: Parameters<typeof askForClientUrls>[2]) =>
    askForClientUrls(`https://127.0.0.1:${free}`, 2000, tls);
  assert.deepEqual(await ask({ peerTls, dataDir }), ["http://10.0.0.1:2379"]);
  await assert.rejects(ask(), { name: "HostError" });
  await assert.rejects(ask({ peerTls: { source: "auto" }, dataDir }), { name: "HostError" });
});

const exposures: readonly (readonly [what: string, options: Partial<EtcdServerOptions>, warnings: RegExp[]])[] = [
  ["on loopback alone nothing is said", {}, []],
  [
    "clients beyond loopback, without TLS or users",
    { listenClients: [{ host: "0.0.0.0", port: 0 }] },
    [/SECURITY: clients are served without TLS/, /SECURITY: anybody who reaches .* auth is not enabled/],
  ],
  [
    "clients beyond loopback, with TLS and without users",
    { listenClients: [{ host: "0.0.0.0", port: 0, secure: true }], clientTls: { source: "auto" } },
    [/SECURITY: anybody who reaches .* auth is not enabled/],
  ],
  [
    "members beyond loopback, without TLS",
    { listenPeers: { host: "0.0.0.0", port: 0 } },
    [/SECURITY: members are served without TLS/],
  ],
];

for (const [what, options, expected] of exposures) {
  test(`what the network can do to a member is said at its start: ${what}`, async (context) => {
    const { logger, warnings } = recorder();
    const server = await startSingleMember(context, { ...options, logger });
    await server.replica.read();
    const said = warnings.filter((line) => line.includes("SECURITY"));
    assert.equal(said.length, expected.length, said.join("\n"));
    for (const [index, pattern] of expected.entries()) assert.match(said[index] as string, pattern);
  });
}

test("files that cannot be used are named when the member starts", async (context) => {
  const folder = temporaryFolder(context);
  const authority = new CertificateAuthority("ca", (end) => context.after(end));
  const one = authority.issue({ commonName: "one" });
  const two = authority.issue({ commonName: "two" });
  const start = (source: { certFile: string; keyFile: string; trustedCaFile?: string }) =>
    startEtcdServer({ ...memberOptions(join(folder, "data")), clientTls: { source } });
  const garbage = join(folder, "garbage.pem");
  writeFileSync(garbage, "nothing");
  await assert.rejects(start({ ...one, certFile: join(folder, "absent.pem") }), /absent\.pem cannot be read/);
  await assert.rejects(start({ ...one, certFile: garbage }), /garbage\.pem holds no certificate/);
  await assert.rejects(start({ ...one, keyFile: two.keyFile }), /cannot be used together: .*key values mismatch/);
});

test("files that change are put to use; what cannot be used is said once, and changes nothing", async (context) => {
  const authority = new CertificateAuthority("ca", (end) => context.after(end));
  const [first, second] = [1, 2].map((days) => authority.issue({ commonName: "m" }, 30 * days));
  assert.ok(first !== undefined && second !== undefined);
  const folder = temporaryFolder(context);
  const files = { certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") };
  const show = (from: typeof files): void => {
    copyFileSync(from.certFile, files.certFile);
    copyFileSync(from.keyFile, files.keyFile);
  };
  show(first);
  const { logger, warnings } = recorder();
  const used: Buffer[] = [];
  let refuses = false;
  const use = ({ certificate }: { readonly certificate: Buffer }): void => {
    if (refuses) throw new Error("no good");
    used.push(certificate);
  };
  const watched = new CertificateFiles(
    { files, whose: "clients", use, logger, lookMs: 3_600_000 },
    await loadCertificates(files),
  );
  context.after(() => watched.stop());
  await watched.look();
  assert.equal(used.length, 0);
  const { endsAtMs } = watched.status;
  show(second);
  refuses = true;
  await watched.look();
  await watched.look();
  assert.equal(warnings.length, 1);
  assert.equal(watched.status.endsAtMs, endsAtMs);
  refuses = false;
  await watched.look();
  assert.deepEqual(used, [readFileSync(second.certFile)]);
  assert.ok(watched.status.endsAtMs > endsAtMs);
  assert.deepEqual([watched.status.renewals, watched.status.failures], [1, 2]);
  writeFileSync(files.certFile, "half of i");
  await watched.look();
  assert.equal(warnings.length, 2);
});
