import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect as connectPlain } from "node:net";
import { after, test, type TestContext } from "node:test";
import type { ByteStreamEvents, HostError, Listener, NetworkAddress } from "@quorate/host";
import { linkCases } from "@quorate/host/compliance";
import { CertificateAuthority, type CertificateFiles } from "../../../test/harness/certificate-authority.ts";
import { createNodeHost, LinkSecurity, type LinkSecurityOptions, type NodeHost } from "../src/index.ts";

const ends: (() => void)[] = [];
after(() => ends.forEach((end) => end()));
const authority = new CertificateAuthority("ours", (end) => ends.push(end));
const stranger = new CertificateAuthority("theirs", (end) => ends.push(end));
const local = ["IP:127.0.0.1", "DNS:localhost"];
const member = authority.issued({ commonName: "member", hosts: local });

interface Secured {
  readonly host: NodeHost;
  readonly security: LinkSecurity;
  readonly refusals: string[];
}

function secured(context: TestContext | undefined, options: Partial<LinkSecurityOptions> = {}): Secured {
  const refusals: string[] = [];
  const security = new LinkSecurity({
    certificates: { ...member, authorities: authority.certificate },
    verifies: true,
    asksForCertificates: true,
    checksOrigin: true,
    onRefused: (_, reason) => refusals.push(reason),
    ...options,
  });
  const host = createNodeHost(security);
  context?.after(() => host.close());
  return { host, security, refusals };
}

for (const promise of linkCases) {
  test(`over TLS: ${promise.name}`, { timeout: 20_000 }, async () => {
    const { host } = secured(undefined);
    const alive = setInterval(() => {}, 1000);
    try {
      const settle = <T>(start: (done: (value: T) => void) => void): Promise<T> => new Promise((done) => start(done));
      await promise.run({ host, directory: "", address: "127.0.0.1", settle });
    } finally {
      clearInterval(alive);
      await host.close();
    }
  });
}

/** Listens, and says to everybody who connects "hello". */
function greet({ host }: Secured): Promise<Listener> {
  return new Promise((resolve, reject) => {
    host.links.listen(
      { host: "127.0.0.1", port: 0 },
      (stream) => {
        stream.write([Buffer.from("hello")]);
        return { data: () => {}, close: () => {} };
      },
      (error, listener) => (error === undefined ? resolve(listener) : reject(error)),
    );
  });
}

/** "hello", or why nothing came. */
function dial({ host }: Secured, { address }: Listener, name = "127.0.0.1"): Promise<string> {
  return answerOf(host, { host: name, port: address.port });
}

/** What comes first from an address that is told this, or why nothing does. */
function answerOf(host: NodeHost, address: NetworkAddress, told = ""): Promise<string> {
  return new Promise((resolve) => {
    const events: ByteStreamEvents = {
      data: (bytes) => {
        stream.destroy();
        resolve(Buffer.from(bytes).toString());
      },
      close: (error: HostError | undefined) => resolve(error?.message ?? "closed"),
    };
    const stream = host.links.connect(address, events);
    stream.write([Buffer.from(told)]);
  });
}

async function untilRefused({ refusals }: Secured): Promise<string> {
  const deadline = performance.now() + 5000;
  while (refusals.length === 0 && performance.now() < deadline) await new Promise((done) => setTimeout(done, 5));
  return refusals.join();
}

test("members with certificates of one authority speak, by address and by name", async (context) => {
  const [one, other] = [secured(context), secured(context)];
  const listener = await greet(one);
  assert.equal(await dial(other, listener), "hello");
  assert.equal(await dial(other, listener, "localhost"), "hello");
  assert.deepEqual(one.refusals, []);
});

const refused: readonly (readonly [
  what: string,
  listening: Partial<LinkSecurityOptions>,
  dialing: Partial<LinkSecurityOptions>,
  toldTo: "listener" | "dialer",
  reason: RegExp,
])[] = [
  [
    "a listener whose certificate a stranger has signed",
    { certificates: { ...stranger.issued({ commonName: "x", hosts: local }), authorities: authority.certificate } },
    {},
    "dialer",
    /unable to verify the first certificate/,
  ],
  [
    "who connects with a certificate that a stranger has signed",
    {},
    { certificates: { ...stranger.issued({ commonName: "x", hosts: local }), authorities: authority.certificate } },
    "listener",
    /the certificate is not good: UNABLE_TO_VERIFY_LEAF_SIGNATURE/,
  ],
  [
    "a listener whose certificate is for another host",
    {
      certificates: {
        ...authority.issued({ commonName: "x", hosts: ["IP:10.0.0.1"] }),
        authorities: authority.certificate,
      },
    },
    {},
    "dialer",
    /127\.0\.0\.1 is not in the cert's list/,
  ],
  [
    "who connects with a certificate for another host",
    {},
    {
      certificates: {
        ...authority.issued({ commonName: "x", hosts: ["IP:10.0.0.1"] }),
        authorities: authority.certificate,
      },
    },
    "listener",
    /the certificate is for IP Address:10\.0\.0\.1, and who showed it is at 127\.0\.0\.1/,
  ],
  [
    "who connects without a certificate that any authority knows, or any at all",
    {},
    { certificates: { ...stranger.issued({ commonName: "x" }) }, verifies: false },
    "listener",
    /the certificate is not good/,
  ],
  ["who connects under another common name", { allowedName: "peer" }, {}, "listener", /"member", not "peer"/],
  ["a listener under another common name", {}, { allowedName: "peer" }, "dialer", /"member", not "peer"/],
  [
    "who connects without being good for the host that all must be",
    { allowedHost: "cluster.example" },
    {},
    "listener",
    /cluster\.example\. is not in the cert's altnames/,
  ],
];

for (const [what, listening, dialing, toldTo, reason] of refused) {
  test(`refused: ${what}`, async (context) => {
    const [one, other] = [secured(context, listening), secured(context, dialing)];
    const answer = await dial(other, await greet(one));
    assert.notEqual(answer, "hello");
    assert.match(toldTo === "dialer" ? answer : await untilRefused(one), reason);
  });
}

test("refused: a certificate that is revoked, and no other", async (context) => {
  const [lost, kept] = [1, 2].map(() => authority.issue({ commonName: "member", hosts: local }));
  assert.ok(lost !== undefined && kept !== undefined);
  const revoked = readFileSync(authority.revoke(lost));
  const authorities = authority.certificate;
  const one = secured(context, { certificates: { ...member, authorities, revoked } });
  const listener = await greet(one);
  const as = ({ certFile, keyFile }: CertificateFiles): Secured => {
    const own = { certificate: readFileSync(certFile), key: readFileSync(keyFile), authorities };
    return secured(context, { certificates: own });
  };
  assert.equal(await dial(as(kept), listener), "hello");
  assert.notEqual(await dial(as(lost), listener), "hello");
  assert.match(await untilRefused(one), /CERT_REVOKED/);
});

test("who connects without TLS is told nothing, and the log that they do not speak it", async (context) => {
  const one = secured(context);
  const { address } = await greet(one);
  const socket = connectPlain(address.port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\n\r\n");
  await once(socket, "close");
  assert.match(await untilRefused(one), /does the other side speak TLS\?/);
});

/** Says "Q", as a member begins; gives what comes back, or why nothing does. */
function knock({ host }: Pick<Secured, "host">, address: NetworkAddress): Promise<string> {
  return answerOf(host, address, "Q");
}

/** Repeats what it is told. */
function echo({ host }: Secured): Promise<Listener> {
  return new Promise((resolve, reject) => {
    host.links.listen(
      { host: "127.0.0.1", port: 0 },
      (stream) => ({ data: (bytes) => stream.write([bytes, Buffer.from("!")]), close: () => {} }),
      (error, listener) => (error === undefined ? resolve(listener) : reject(error)),
    );
  });
}

test("while members are changed one by one, plain streams are taken and told of, and addresses decide how they are dialed", async (context) => {
  const taken: string[] = [];
  const both = secured(context, { onPlain: (remote) => taken.push(remote) });
  const [tls, other] = [secured(context), secured(context, { onPlain: () => {} })];
  const plain = createNodeHost();
  context.after(() => plain.close());
  const { address } = await echo(both);
  assert.equal(await knock(tls, address), "Q!", "TLS, whatever the address says");
  assert.equal(await knock(other, { ...address, secure: true }), "Q!");
  assert.deepEqual(taken, []);
  assert.equal(await knock({ host: plain }, address), "Q!");
  assert.equal(await knock(other, address), "Q!");
  assert.equal(taken.length, 2);
  const open = new Promise<void>((opened) => {
    const stream = other.host.links.connect(address, { data: () => opened(), close: () => {} });
    stream.write([Buffer.from("Q")]);
  });
  await open;
  assert.deepEqual([both.security.plainStreams, other.security.plainStreams], [1, 1]);
  await other.host.close();
  await untilNone(() => both.security.plainStreams);
  const strict = await echo(tls);
  assert.notEqual(await knock({ host: plain }, strict.address), "Q!");
  assert.equal(await knock(both, { ...strict.address, secure: true }), "Q!");
  assert.notEqual(await knock(both, strict.address), "Q!", "a plain address is dialed without TLS");
  const unknown = { ...stranger.issued({ commonName: "x", hosts: local }), authorities: authority.certificate };
  const intruder = secured(context, { certificates: unknown, onPlain: () => {} });
  assert.notEqual(await knock(intruder, { ...address, secure: true }), "Q!", "TLS is as strict as ever");
});

async function untilNone(count: () => number): Promise<void> {
  const deadline = performance.now() + 5000;
  while (count() > 0 && performance.now() < deadline) await new Promise((done) => setTimeout(done, 5));
  assert.equal(count(), 0);
}

test("a certificate that names no host may come from anywhere, and one for a name from where that leads", async (context) => {
  const one = secured(context);
  const listener = await greet(one);
  for (const hosts of [[], ["DNS:localhost"]]) {
    const own = { ...authority.issued({ commonName: "x", hosts }), authorities: authority.certificate };
    assert.equal(await dial(secured(context, { certificates: own }), listener), "hello");
  }
});

test("without verification any certificates will do", async (context) => {
  const options = {
    certificates: stranger.issued({ commonName: "x" }),
    verifies: false,
    asksForCertificates: false,
  };
  assert.equal(await dial(secured(context, options), await greet(secured(context, options))), "hello");
});

test("renewed certificates are shown to whoever comes next, in both directions; what is open stays", async (context) => {
  const [one, other] = [secured(context), secured(context)];
  const listener = await greet(one);
  const chunks: string[] = [];
  let isClosed = false;
  const kept = other.host.links.connect(listener.address, {
    data: (bytes) => chunks.push(Buffer.from(bytes).toString()),
    close: () => {
      isClosed = true;
    },
  });
  assert.equal(await dial(other, listener), "hello");
  const next = new CertificateAuthority("next", (end) => context.after(end));
  const both = Buffer.concat([authority.certificate, next.certificate]);
  const renewed = { ...next.issued({ commonName: "member", hosts: local }), authorities: next.certificate };
  one.security.renew({ ...member, authorities: both });
  other.security.renew({ ...member, authorities: both });
  one.security.renew(renewed);
  assert.notEqual(await dial(other, listener), "hello", "the old certificate is no longer good there");
  other.security.renew({ ...renewed, authorities: both });
  assert.equal(await dial(other, listener), "hello");
  assert.throws(() => one.security.renew({ ...renewed, key: member.key }), /key values mismatch/);
  assert.equal(await dial(other, listener), "hello", "what is wrong changes nothing");
  assert.equal(isClosed, false);
  assert.equal(chunks.join(""), "hello");
  kept.destroy();
});
