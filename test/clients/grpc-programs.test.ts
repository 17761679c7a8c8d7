import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { test, type TestContext } from "node:test";
import { grpcCodes, okStatus, type GrpcServer, type HttpHandler, type Method } from "@quorate/grpc";
import { selfSigned } from "../../packages/grpc/test/certificates.ts";
import { serve, unary } from "../../packages/grpc/test/grpc-client.ts";
import { missingClient } from "../harness/client-target.ts";

/**
 * Clients of others, each over plain TCP and over TLS: curl and nghttp (both nghttp2), gRPC's C core from Python, and grpc-go
 * in etcdctl.
 */
const methods: readonly Method[] = [
  unary("/test.Echo/Say", (_, request, respond) => respond(okStatus, Uint8Array.from(request))),
  unary("/test.Echo/Fail", (call, _, respond) =>
    respond({ code: grpcCodes.failedPrecondition, message: `no: ${call.metadata("x-word")} ☹` }, undefined, {
      "x-why": "so",
    }),
  ),
  unary("/test.Echo/Hang", () => {}),
  {
    kind: "bidi-stream",
    path: "/test.Echo/Chat",
    open: (call) => ({
      onMessage: (bytes) => void call.send(Uint8Array.from(bytes)),
      onEnd: () => call.end(okStatus, { "x-end-bin": Uint8Array.of(1, 2, 255) }),
    }),
  },
];

/** As little of etcd as etcdctl needs: empty answers, and a watch that sees "k" change to "v" at once. */
const etcdLike: readonly Method[] = [
  unary("/etcdserverpb.KV/Put", (_, __, respond) => respond(okStatus, Uint8Array.of(0x0a, 0))),
  unary("/etcdserverpb.KV/Range", (_, __, respond) =>
    respond({ code: grpcCodes.unavailable, message: "etcdserver: no leader" }),
  ),
  {
    kind: "bidi-stream",
    path: "/etcdserverpb.Watch/Watch",
    open: (call) => ({
      onMessage: () => {
        call.send(Uint8Array.of(0x0a, 0, 0x18, 1));
        call.send(Uint8Array.of(0x0a, 0, 0x5a, 8, 0x12, 6, 0x0a, 1, 0x6b, 0x2a, 1, 0x76));
      },
      onEnd: () => call.end(okStatus),
    }),
  },
];

const http: HttpHandler = ({ method, path, query, body, ...request }, respond) => {
  const text = `${method} ${path} ${query.get("q") ?? "-"} ${request.header("x-word") ?? "-"} ${body.length}\n`;
  respond({ status: path === "/none" ? 404 : 200, contentType: "text/plain", body: text });
};

interface Served {
  readonly server: GrpcServer;
  readonly url: string;
  readonly certificateFile: string | undefined;
}

async function served(context: TestContext): Promise<Served[]> {
  const tls = selfSigned(context, "localhost");
  const all = [...methods, ...etcdLike];
  const plain = await serve(context, { methods: all, http });
  const secure = await serve(context, { methods: all, http, tls });
  return [
    { server: plain, url: `http://localhost:${plain.address.port}`, certificateFile: undefined },
    { server: secure, url: `https://localhost:${secure.address.port}`, certificateFile: tls.certificateFile },
  ];
}

function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout: 30_000, maxBuffer: 64 * 1024 * 1024 }, (error, output, errors) =>
      error === null ? resolve(output) : reject(new Error(`${program}: ${error.message}\n${output}\n${errors}`)),
    );
  });
}

const noCurl = await missingClient("curl", ["--version"], "curl");
const noNghttp = await missingClient("nghttp", ["--version"], "nghttp2-client");
const noEtcdctl = await missingClient("etcdctl", ["version"], "etcd-client");
const noPython = await missingClient("/usr/bin/python3", ["-c", "import grpc"], "python3-grpcio");

test("curl, with HTTP/2 and with HTTP/1.1", { skip: noCurl }, async (context) => {
  const body = join(dirname(selfSigned(context, "body").certificateFile), "body");
  writeFileSync(body, "x".repeat(300_000));
  for (const { url, certificateFile } of await served(context)) {
    const trust = certificateFile === undefined ? [] : ["--cacert", certificateFile];
    const versions =
      certificateFile === undefined ? ["--http2-prior-knowledge", "--http1.1"] : ["--http2", "--http1.1"];
    for (const version of versions) {
      const said = ["-w", "%{http_version} %{http_code} %{content_type}"];
      const get = await run("curl", ["-sS", version, ...trust, "-H", "x-word: yes", ...said, `${url}/some/path?q=1`]);
      assert.equal(get, `GET /some/path 1 yes 0\n${version === "--http1.1" ? "1.1" : "2"} 200 text/plain`);
      const post = await run("curl", ["-sS", version, ...trust, "--data-binary", `@${body}`, `${url}/p`]);
      assert.equal(post, "POST /p - - 300000\n");
      const head = await run("curl", ["-sS", version, ...trust, "--head", ...said, `${url}/none`]);
      assert.match(head, /404 text\/plain$/);
    }
  }
});

test("nghttp: many requests on one connection, with padding, priorities and small windows", {
  skip: noNghttp,
}, async (context) => {
  for (const { url, certificateFile } of await served(context)) {
    const body = join(dirname(certificateFile ?? selfSigned(context, "body").certificateFile), "body");
    writeFileSync(body, Buffer.concat([Buffer.from([0, 0, 0, 0x75, 0x30]), new Uint8Array(30_000).fill(65)]));
    const grpc = ["-H", "content-type: application/grpc", "-H", "te: trailers", "-d", body];
    const many = await run("nghttp", [
      "-nv",
      "-m",
      "50",
      "-b",
      "30",
      "-w",
      "10",
      "-W",
      "10",
      ...grpc,
      `${url}/test.Echo/Say`,
    ]);
    assert.equal(many.match(/grpc-status: 0/g)?.length, 50, many.slice(-2000));
    const table = await run("nghttp", ["-nv", "-c", "0", ...grpc, `${url}/test.Echo/Say`]);
    assert.match(table, /grpc-status: 0/);
    assert.match(await run("nghttp", ["-v", `${url}/some?q=2`]), /GET \/some 2 - 0/);
  }
});

test("gRPC's C core, from Python", { skip: noPython }, async (context) => {
  const script = join(dirname(fileURLToPath(import.meta.url)), "c-core-client.py");
  for (const { server, certificateFile } of await served(context)) {
    const output = await run("/usr/bin/python3", [
      script,
      `localhost:${server.address.port}`,
      ...[certificateFile ?? []].flat(),
    ]);
    assert.deepEqual(JSON.parse(output), {
      echo: [0, 1, 100_000, 2_000_000],
      many: 500,
      failed: ["FAILED_PRECONDITION", "no: word ☹", "so"],
      unknown: ["UNIMPLEMENTED", "unknown method Nothing for service test.Echo"],
      late: "DEADLINE_EXCEEDED",
      gzip: 200_000,
      chat: [1, 2, 3],
      chatEnd: [1, 2, 255],
      cancelled: "CANCELLED",
    });
  }
});

test("grpc-go, in etcdctl: calls, errors, and a stream in both directions", { skip: noEtcdctl }, async (context) => {
  for (const { url, certificateFile } of await served(context)) {
    const where = [`--endpoints=${url}`, ...(certificateFile === undefined ? [] : [`--cacert=${certificateFile}`])];
    assert.equal(await run("etcdctl", [...where, "put", "k", "x".repeat(100_000)]), "OK\n");
    await assert.rejects(
      run("etcdctl", [...where, "--command-timeout=1s", "get", "k"]),
      /DeadlineExceeded|no leader|deadline/,
    );
    const watch = spawn("etcdctl", [...where, "watch", "k"], { stdio: ["ignore", "pipe", "inherit"] });
    context.after(() => watch.kill("SIGKILL"));
    const seen: string[] = [];
    watch.stdout.on("data", (chunk) => seen.push(String(chunk)));
    while (seen.join("") !== "PUT\nk\nv\n") await once(watch.stdout, "data", { signal: AbortSignal.timeout(20_000) });
    const exit = once(watch, "exit");
    watch.kill("SIGINT");
    await exit;
  }
});
