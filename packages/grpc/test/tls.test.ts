import assert from "node:assert/strict";
import { Client, credentials } from "@grpc/grpc-js";
import { request as httpsRequest } from "node:https";
import { connect as connectPlain } from "node:net";
import { test, type TestContext } from "node:test";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { okStatus, type GrpcServer } from "../src/index.ts";
import { selfSigned } from "./certificates.ts";
import { settings, preface } from "./frame-client.ts";
import { call, failure, notFound, serve, unary } from "./grpc-client.ts";

const echo = unary("/test.Echo/Say", (_, request, respond) => respond(okStatus, Uint8Array.from(request)));

function secureClient(
  context: TestContext,
  server: GrpcServer,
  authority: string,
  own?: { certificate: string; key: string },
): Client {
  const files = own === undefined ? [null, null] : [Buffer.from(own.key), Buffer.from(own.certificate)];
  const secure = credentials.createSsl(Buffer.from(authority), ...files);
  const client = new Client(`localhost:${server.address.port}`, secure, { "grpc.enable_retries": 0 });
  context.after(() => client.close());
  return client;
}

function handshake(context: TestContext, server: GrpcServer, options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: server.address.port, servername: "localhost", ...options }, () =>
      resolve(socket),
    );
    socket.on("error", reject);
    context.after(() => socket.destroy());
  });
}

test("gRPC over TLS: small and large, many at once", async (context) => {
  const tls = selfSigned(context, "one");
  const client = secureClient(context, await serve(context, { methods: [echo], tls }), tls.certificate);
  for (const size of [0, 1, 20_000, 2_000_000]) {
    const bytes = new Uint8Array(size).fill(size & 0xff);
    assert.deepEqual(Uint8Array.from(await call(client, "/test.Echo/Say", bytes)), bytes);
  }
  const answers = await Promise.all(
    Array.from({ length: 500 }, (_, index) => call(client, "/test.Echo/Say", Uint8Array.of(index & 0xff))),
  );
  for (const [index, answer] of answers.entries()) assert.equal(answer[0], index & 0xff);
});

test("ALPN chooses; without it the first bytes do", async (context) => {
  const tls = selfSigned(context, "one");
  const server = await serve(context, { methods: [echo], tls });
  const trust = { ca: tls.certificate };
  const both = await handshake(context, server, { ...trust, ALPNProtocols: ["http/1.1", "h2"] });
  assert.equal(both.alpnProtocol, "h2");
  const older = await handshake(context, server, { ...trust, ALPNProtocols: ["http/1.1"] });
  assert.equal(older.alpnProtocol, "http/1.1");
  await assert.rejects(handshake(context, server, { ...trust, ALPNProtocols: ["spdy/3"] }));
  const silent = await handshake(context, server, trust);
  assert.equal(silent.alpnProtocol, false);
  silent.write(Buffer.concat([preface, settings()]));
  const first = await new Promise<Buffer>((resolve) => silent.on("data", resolve));
  assert.equal(first[3], 4, "SETTINGS of HTTP/2");
});

test("plain HTTP over TLS is HTTP/1.1 or HTTP/2, as the client likes", async (context) => {
  const tls = selfSigned(context, "one");
  const server = await serve(context, { methods: [], http: notFound, tls });
  const status = await new Promise((resolve, reject) => {
    const options = { host: "localhost", port: server.address.port, ca: tls.certificate, agent: false } as const;
    httpsRequest(options, (response) => resolve(response.resume().statusCode))
      .on("error", reject)
      .end();
  });
  assert.equal(status, 404);
});

test("TLS 1.1, and suites that HTTP/2 forbids, are refused", async (context) => {
  const tls = selfSigned(context, "one");
  const server = await serve(context, { methods: [echo], tls });
  const trust = { ca: tls.certificate, ALPNProtocols: ["h2"] };
  await assert.rejects(handshake(context, server, { ...trust, minVersion: "TLSv1.1", maxVersion: "TLSv1.1" }));
  const forbidden = { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA" } as const;
  await assert.rejects(handshake(context, server, { ...trust, ...forbidden }));
  const good = await handshake(context, server, { ...trust, maxVersion: "TLSv1.2" });
  assert.equal(good.getProtocol(), "TLSv1.2");
});

test("RFC 9113 §9.2: the suite that all must have, no compression, and no renegotiation", async (context) => {
  const tls = selfSigned(context, "one");
  const server = await serve(context, { methods: [echo], tls });
  const ciphers = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256";
  const trust = { ca: tls.certificate, ALPNProtocols: ["h2"], maxVersion: "TLSv1.2", ecdhCurve: "P-256" } as const;
  const socket = await handshake(context, server, { ...trust, ciphers });
  assert.ok(ciphers.includes(socket.getCipher().name));
  assert.equal(socket.alpnProtocol, "h2");
  socket.on("error", () => {});
  const outcome = await new Promise<string>((resolve) => {
    socket.on("close", () => resolve("closed"));
    socket.renegotiate({}, (error) => resolve(error === null ? "renegotiated" : "refused"));
    setTimeout(() => resolve("ignored"), 500);
  });
  assert.notEqual(outcome, "renegotiated");
});

test("clients must show a certificate where the server wants one", async (context) => {
  const tls = selfSigned(context, "server");
  const known = selfSigned(context, "known");
  const stranger = selfSigned(context, "stranger");
  const server = await serve(context, { methods: [echo], tls: { ...tls, clientAuthorities: known.certificate } });
  const welcome = secureClient(context, server, tls.certificate, known);
  assert.equal((await call(welcome, "/test.Echo/Say", Uint8Array.of(1))).length, 1);
  for (const own of [undefined, stranger]) {
    const unwelcome = secureClient(context, server, tls.certificate, own);
    const refused = await failure(call(unwelcome, "/test.Echo/Say", Uint8Array.of(1), { deadline: Date.now() + 3000 }));
    assert.ok(refused.code === 14 || refused.code === 4, String(refused.code));
  }
});

test("a certificate can be renewed while connections go on; a wrong one changes nothing", async (context) => {
  const first = selfSigned(context, "first");
  const second = selfSigned(context, "second");
  const server = await serve(context, { methods: [echo], tls: first });
  const old = secureClient(context, server, first.certificate);
  await call(old, "/test.Echo/Say", Uint8Array.of(1));
  assert.throws(() => server.renewTls({ certificate: second.certificate, key: "no key" }));
  const still = await handshake(context, server, { ca: first.certificate });
  assert.equal(still.getPeerCertificate().subject.CN, "first");
  server.renewTls(second);
  const renewed = await handshake(context, server, { ca: second.certificate });
  assert.equal(renewed.getPeerCertificate().subject.CN, "second");
  assert.equal((await call(old, "/test.Echo/Say", Uint8Array.of(2))).length, 1);
});

test("garbage instead of TLS, and a handshake that never ends, close their own connection only", async (context) => {
  const tls = selfSigned(context, "one");
  const server = await serve(context, { methods: [echo], tls, limits: { receiveTimeoutMs: 200 } });
  for (const bytes of [Buffer.from("GET / HTTP/1.1\r\n\r\n"), Buffer.alloc(0), Buffer.from([0x16, 3, 1])]) {
    const socket = connectPlain(server.address.port, "127.0.0.1").on("error", () => {});
    socket.resume();
    if (bytes.length > 0) socket.write(bytes);
    await new Promise((resolve) => socket.on("close", resolve));
  }
  const client = secureClient(context, server, tls.certificate);
  assert.equal((await call(client, "/test.Echo/Say", Uint8Array.of(1))).length, 1);
  const wrong = secureClient(context, server, selfSigned(context, "other").certificate);
  assert.equal((await failure(call(wrong, "/test.Echo/Say", Uint8Array.of(1)))).code, 14);
});

test("closing does not wait for handshakes and idle connections, with TLS either", async (context) => {
  const tls = selfSigned(context, "one");
  const server = await serve(context, { methods: [echo], tls, limits: { drainTimeoutMs: 10_000 } });
  const silent = connectPlain(server.address.port, "127.0.0.1").on("error", () => {});
  await new Promise((resolve) => silent.on("connect", resolve));
  await call(secureClient(context, server, tls.certificate), "/test.Echo/Say", Uint8Array.of(1));
  const started = performance.now();
  await server.close();
  assert.ok(performance.now() - started < 3000);
  silent.destroy();
});
