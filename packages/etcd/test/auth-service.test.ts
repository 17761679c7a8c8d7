import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Logger } from "@quorate/host";
import { Asking } from "../../../test/clients/auth/asking.ts";
import { until } from "../../../test/harness/until.ts";
import { Auth, KV, WatchRequestSchema, WatchResponseSchema, type WatchResponse } from "../src/api.ts";
import { Passwords } from "../src/auth/passwords.ts";
import { startEtcdServer, type EtcdServer, type EtcdServerOptions } from "../src/index.ts";
import { memberOptions, startSingleMember, temporaryFolder, untilLeads } from "./support/single-member.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);
const cheap = { auth: { bcryptCost: 4 } } as const;

/** Speaks to one member. */
class Member {
  readonly server: EtcdServer;
  readonly #asking: Asking;

  constructor(context: TestContext, server: EtcdServer) {
    this.server = server;
    this.#asking = new Asking(this.endpoint);
    context.after(() => this.#asking.close());
  }

  static async start(context: TestContext, options: Partial<EtcdServerOptions> = {}): Promise<Member> {
    return new Member(context, await startSingleMember(context, { ...cheap, ...options }));
  }

  get endpoint(): string {
    return (this.server.clientUrls[0] as string).replace("http://", "");
  }

  /** "ok", or what the call was refused with. */
  async outcome(method: keyof typeof Auth.method, request: object, token?: string): Promise<string> {
    return outcomeOf(this.#asking.call(Auth.method[method], request, token));
  }

  put(key: string, token?: string): Promise<string> {
    return outcomeOf(this.#asking.call(KV.method.put, { key: bytes(key), value: bytes("v") }, token));
  }

  get(key: string, token?: string): Promise<string> {
    return outcomeOf(this.#asking.call(KV.method.range, { key: bytes(key) }, token));
  }

  async token(name: string, password: string = name): Promise<string> {
    const answer = await this.#asking.call(Auth.method.authenticate, { name, password }, undefined);
    return (answer as { readonly token: string }).token;
  }

  /** A root, and "ann", who may read and write what begins with "a"; then auth is enabled. */
  async enable(): Promise<void> {
    const steps: readonly (readonly [keyof typeof Auth.method, object])[] = [
      ["roleAdd", { name: "as" }],
      ["roleGrantPermission", { name: "as", perm: { permType: 2, key: bytes("a"), rangeEnd: bytes("b") } }],
      ["userAdd", { name: "root", password: "root" }],
      ["userGrantRole", { user: "root", role: "root" }],
      ["userAdd", { name: "ann", password: "ann" }],
      ["userGrantRole", { user: "ann", role: "as" }],
      ["authEnable", {}],
    ];
    for (const [method, request] of steps) assert.equal(await this.outcome(method, request), "ok");
  }
}

async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "ok";
  } catch (error) {
    return (error as ServiceError).details.replace("etcdserver: ", "");
  }
}

test("who gives a wrong password, or is not known, hears the same; who has no password something else", async (context) => {
  const member = await Member.start(context);
  const attempt = (name: string, password: string) => member.outcome("authenticate", { name, password });
  assert.equal(await attempt("ann", "ann"), "authentication is not enabled");
  await member.enable();
  const root = await member.token("root");
  assert.equal(await member.outcome("userAdd", { name: "bob", options: { noPassword: true } }, root), "ok");
  const refused = "authentication failed, invalid user ID or password";
  assert.equal(await attempt("ann", "wrong"), refused);
  assert.equal(await attempt("ann", ""), refused);
  assert.equal(await attempt("stranger", "x"), refused);
  assert.equal(await attempt("", ""), refused);
  assert.equal(await attempt("ann", "x".repeat(100)), refused);
  assert.match(await attempt("bob", "x"), /no password user/);
  const metrics = await (await fetch(`${member.server.clientUrls[0]}/metrics`)).text();
  assert.match(metrics, /^quorate_auth_refused_passwords_total 5$/m);
  assert.match(metrics, /^etcd_debugging_auth_revision \d+$/m);
});

test("a password is nowhere: not in what is logged, nor in anything that is written", async (context) => {
  const lines: string[] = [];
  const note = (message: string, fields?: unknown): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug: note, info: note, warn: note, error: note };
  const dataDir = join(temporaryFolder(context), "data");
  const member = await Member.start(context, { dataDir, logger });
  await member.enable();
  const root = await member.token("root");
  const secret = "hunter2-and-more";
  assert.equal(await member.outcome("userAdd", { name: "bob", password: secret }, root), "ok");
  assert.equal(await member.outcome("userChangePassword", { name: "ann", password: `${secret}!` }, root), "ok");
  const token = await member.token("bob", secret);
  assert.notEqual(await member.outcome("authenticate", { name: "bob", password: `${secret}?` }), "ok");
  await member.server.close();
  const written = filesUnder(dataDir).map((path) => readFileSync(path));
  assert.ok(
    written.some((content) => content.includes("$2")),
    "the hashes are there",
  );
  for (const content of written) {
    assert.ok(!content.includes(secret));
    assert.ok(!content.includes(token));
  }
  for (const line of lines) assert.ok(!line.includes(secret) && !line.includes(token), line);
});

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

test("a hash that another etcd made is taken over, and one that would keep us busy is not", async (context) => {
  const member = await Member.start(context);
  await member.enable();
  const root = await member.token("root");
  // A published example of bcrypt, for "abc".
  const hash = "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i";
  const add = (name: string, text: string, password = "") =>
    member.outcome("userAdd", { name, password, hashedPassword: Buffer.from(text).toString("base64") }, root);
  assert.equal(await add("bob", hash), "ok");
  assert.notEqual(await member.token("bob", "abc"), "");
  for (const wrong of [hash.replace("$06$", "$31$"), `${hash}x`, "plain"]) {
    assert.match(await add("eve", wrong), /not the base64 of a bcrypt hash/);
  }
  assert.match(
    await member.outcome("userAdd", { name: "eve", password: "é".repeat(37) }, root),
    /longer than 72 bytes/,
  );
});

test("a token outlives a restart of its member, and ends with the password", async (context) => {
  const options = { ...memberOptions(join(temporaryFolder(context), "data")), ...cheap };
  const first = await startEtcdServer(options);
  context.after(() => first.close());
  await untilLeads(first);
  const before = new Member(context, first);
  await before.enable();
  const ann = await before.token("ann");
  await first.close();
  const second = await startEtcdServer(options);
  context.after(() => second.close());
  await untilLeads(second);
  const member = new Member(context, second);
  assert.equal(await member.put("a", ann), "ok");
  const root = await member.token("root");
  assert.equal(await member.outcome("userChangePassword", { name: "ann", password: "new" }, root), "ok");
  assert.equal(await member.put("a", ann), "invalid auth token");
  assert.equal(await member.put("a", await member.token("ann", "new")), "ok");
  assert.equal(await member.outcome("authDisable", {}, root), "ok");
  assert.equal(await member.put("a", "nonsense"), "ok", "while auth is disabled nobody looks at tokens");
  assert.equal(await member.outcome("authEnable", {}), "ok");
  assert.equal(await member.put("a", root), "invalid auth token", "what was signed before counts no more");
});

test("a JSON Web Token is refused as soon as anything about users has changed, and a new one is good", async (context) => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const keys = {
    privateKey: Buffer.from(privateKey.export({ type: "pkcs8", format: "pem" })),
    publicKey: Buffer.from(publicKey.export({ type: "spki", format: "pem" })),
  };
  const token = { kind: "jwt", algorithm: "RS256", ttlMs: 60_000, ...keys } as const;
  const member = await Member.start(context, { auth: { bcryptCost: 4, token } });
  await member.enable();
  const ann = await member.token("ann");
  assert.equal(ann.split(".").length, 3);
  assert.equal(await member.put("a", ann), "ok");
  assert.equal(await member.outcome("roleAdd", { name: "more" }, await member.token("root")), "ok");
  assert.equal(await member.put("a", ann), "revision of auth store is old");
  assert.equal(await member.get("a", ann), "revision of auth store is old");
  assert.equal(await member.put("a", await member.token("ann")), "ok");
});

test("the JSON gateway takes a token in the header Authorization, with and without the word Bearer", async (context) => {
  const member = await Member.start(context);
  await member.enable();
  const url = member.server.clientUrls[0] as string;
  const post = async (path: string, body: unknown, authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization };
    const response = await fetch(`${url}/v3${path}`, { method: "POST", body: JSON.stringify(body), headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const put = { key: Buffer.from("a").toString("base64"), value: "" };
  const answer = await post("/auth/authenticate", { name: "ann", password: "ann" });
  const token = answer.body["token"] as string;
  assert.equal((await post("/kv/put", put, token)).status, 200);
  assert.equal((await post("/kv/put", put, `Bearer ${token}`)).status, 200);
  assert.deepEqual((await post("/kv/put", put)).body["error"], "etcdserver: user name is empty");
  assert.equal((await post("/kv/put", put, "nonsense")).status, 401);
  assert.equal((await post("/kv/range", { key: Buffer.from("z").toString("base64") }, token)).status, 403);
});

/** A stream of watches, and what came on it. */
class Watching {
  readonly received: WatchResponse[] = [];
  readonly #call;

  constructor(context: TestContext, endpoint: string, token: string) {
    const client = new Client(endpoint, credentials.createInsecure());
    context.after(() => client.close());
    const metadata = new Metadata();
    metadata.set("token", token);
    this.#call = client.makeBidiStreamRequest<Uint8Array, WatchResponse>(
      "/etcdserverpb.Watch/Watch",
      (message) => Buffer.from(message),
      (message) => fromBinary(WatchResponseSchema, message),
      metadata,
    );
    this.#call.on("data", (response: WatchResponse) => this.received.push(response));
    this.#call.on("error", () => {});
  }

  watch(key: string): void {
    const request = { requestUnion: { case: "createRequest", value: { key: bytes(key) } } } as const;
    this.#call.write(toBinary(WatchRequestSchema, create(WatchRequestSchema, request)));
  }

  async next(count: number): Promise<WatchResponse> {
    const enough = async () => (this.received.length >= count ? true : undefined);
    await until(`${count} responses`, 5000, enough);
    return this.received[count - 1] as WatchResponse;
  }
}

test("a watch ends when its user may no longer read the key, before anything is shown", async (context) => {
  const member = await Member.start(context);
  await member.enable();
  const root = await member.token("root");
  const ann = await member.token("ann");
  const watching = new Watching(context, member.endpoint, ann);
  watching.watch("a");
  assert.equal((await watching.next(1)).created, true);
  assert.equal(await member.put("a", root), "ok");
  assert.equal((await watching.next(2)).events.length, 1);
  assert.equal(await member.outcome("userRevokeRole", { name: "ann", role: "as" }, root), "ok");
  assert.equal(await member.put("a", root), "ok");
  const last = await watching.next(3);
  assert.equal(last.canceled, true);
  assert.equal(last.events.length, 0);
  assert.match(last.cancelReason, /PermissionDenied desc = etcdserver: permission denied/);
});

test("passwords that wait have a bound, are hashed beside the loop, and fail when the member stops", async () => {
  const passwords = new Passwords(8);
  const outcomes: (string | undefined)[] = [];
  let turns = 0;
  const ticking = setInterval(() => turns++, 1);
  const wanted = 300;
  await new Promise<void>((resolve) => {
    for (let index = 0; index < wanted; index++) {
      passwords.hash("x", (problem) => {
        outcomes.push(problem);
        if (outcomes.filter((outcome) => outcome === undefined).length === 3) resolve();
      });
    }
  });
  clearInterval(ticking);
  assert.equal(outcomes.filter((outcome) => outcome === "busy").length, wanted - 256);
  assert.ok(turns > 3, "the loop went on");
  await passwords.close();
  assert.equal(outcomes.length, wanted, "everybody has an answer");
  assert.ok(outcomes.includes("failed"));
});
