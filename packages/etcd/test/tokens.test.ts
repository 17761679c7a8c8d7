import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { createSigner } from "fast-jwt";
import type { AuthUser, AuthView } from "@quorate/store";
import { JwtTokens } from "../src/auth/jwt-tokens.ts";
import { SimpleTokens } from "../src/auth/simple-tokens.ts";

const user: AuthUser = { name: "ü", passwordHash: "", hasNoPassword: false, roles: [], credentialRevision: 5 };

function authOf(users: readonly AuthUser[], options: { secret?: Uint8Array; revision?: number } = {}): AuthView {
  return {
    isEnabled: true,
    revision: options.revision ?? 9,
    tokenSecret: options.secret ?? secret,
    user: (name) => users.find((one) => one.name === name),
    role: () => undefined,
    userNames: () => [],
    roleNames: () => [],
    refusalOfAdministration: () => undefined,
    refusalOfUser: () => undefined,
    refusalOfKeys: () => undefined,
  };
}

const secret = Uint8Array.of(1, 2, 3);
const auth = authOf([user]);

test("a simple token that one member issued is good at another, which has never seen it", () => {
  const token = new SimpleTokens().issue(user, auth);
  assert.deepEqual(new SimpleTokens().check(token, auth), { user: "ü", authRevision: undefined });
});

test("a simple token is good while it is used, and for its time from the last use on", () => {
  let now = 1_000_000;
  const tokens = new SimpleTokens(1000, () => now);
  const token = tokens.issue(user, auth);
  for (let use = 0; use < 5; use++) {
    now += 900;
    assert.notEqual(tokens.check(token, auth), undefined);
  }
  now += 1000;
  assert.equal(tokens.check(token, auth), undefined);
  assert.equal(tokens.check(token, auth), undefined, "and stays away");
});

test("a simple token from a clock that is ahead is good within its time only", () => {
  const ahead = new SimpleTokens(1000, () => 1_000_900).issue(user, auth);
  const farAhead = new SimpleTokens(1000, () => 1_001_000).issue(user, auth);
  const tokens = new SimpleTokens(1000, () => 1_000_000);
  assert.notEqual(tokens.check(ahead, auth), undefined);
  assert.equal(tokens.check(farAhead, auth), undefined);
});

test("a simple token ends with the user, with the password, and when auth is enabled anew", () => {
  const tokens = new SimpleTokens();
  const token = tokens.issue(user, auth);
  assert.notEqual(tokens.check(token, auth), undefined);
  assert.equal(tokens.check(token, authOf([])), undefined);
  assert.equal(tokens.check(token, authOf([{ ...user, credentialRevision: 6 }])), undefined);
  assert.equal(tokens.check(token, authOf([user], { secret: Uint8Array.of(4) })), undefined);
  assert.notEqual(tokens.check(token, auth), undefined);
});

test("nothing but what was signed is a simple token", () => {
  const tokens = new SimpleTokens();
  const token = tokens.issue(user, auth);
  const [body = "", signature = ""] = token.split(".");
  const forged = Buffer.from(JSON.stringify(["root", 5, Date.now(), ""])).toString("base64url");
  const wrong = [
    "",
    ".",
    "x",
    body,
    `${body}.`,
    `${forged}.${signature}`,
    `${token}A`,
    `${"a".repeat(5000)}.${signature}`,
  ];
  for (const one of wrong) assert.equal(tokens.check(one, auth), undefined, one);
  const unsigned = authOf([user], { secret: new Uint8Array(0) });
  assert.equal(new SimpleTokens().check(new SimpleTokens().issue(user, unsigned), unsigned), undefined);
});

test("tokens that are forgotten because there are many are good for their time since they were issued", () => {
  let now = 0;
  const tokens = new SimpleTokens(1000, () => now);
  const first = tokens.issue(user, auth);
  now = 600;
  assert.notEqual(tokens.check(first, auth), undefined);
  for (let other = 0; other < 10_001; other++) tokens.check(tokens.issue(user, auth), auth);
  now = 900;
  assert.notEqual(tokens.check(first, auth), undefined);
  for (let other = 0; other < 10_001; other++) tokens.check(tokens.issue(user, auth), auth);
  now = 1100;
  assert.equal(tokens.check(first, auth), undefined);
});

const pem = (type: "rsa" | "ec" | "ed25519") => {
  const { privateKey, publicKey } =
    type === "rsa"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : type === "ec"
        ? generateKeyPairSync("ec", { namedCurve: "P-256" })
        : generateKeyPairSync("ed25519");
  return {
    privateKey: Buffer.from(privateKey.export({ type: "pkcs8", format: "pem" })),
    publicKey: Buffer.from(publicKey.export({ type: "spki", format: "pem" })),
  };
};

const rsa = pem("rsa");
const jwts = [
  { algorithm: "RS256", ...rsa },
  { algorithm: "PS384", ...rsa },
  { algorithm: "ES256", ...pem("ec") },
  { algorithm: "EdDSA", ...pem("ed25519") },
  { algorithm: "HS256", privateKey: Buffer.from("a secret of some length"), publicKey: undefined },
] as const;

for (const keys of jwts) {
  test(`JSON Web Tokens by ${keys.algorithm}`, () => {
    const tokens = new JwtTokens({ ...keys, ttlMs: 60_000 });
    const token = tokens.issue(user, auth);
    assert.deepEqual(tokens.check(token), { user: "ü", authRevision: 9 });
    assert.deepEqual(new JwtTokens({ ...keys, ttlMs: 60_000 }).check(token), { user: "ü", authRevision: 9 });
    assert.equal(tokens.check(`${token}A`), undefined);
  });
}

test("a JSON Web Token whose time is over, that is not signed, or signed in another way, is not good", () => {
  const tokens = new JwtTokens({ algorithm: "RS256", ...rsa, ttlMs: 60_000 });
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { username: "root", revision: 9, exp: 4_000_000_000 };
  assert.equal(tokens.check(`${part({ alg: "none", typ: "JWT" })}.${part(claims)}.`), undefined);
  // Signed with the public key as if it were a secret.
  const confused = new JwtTokens({
    algorithm: "HS256",
    privateKey: Buffer.from("x"),
    publicKey: undefined,
    ttlMs: 60_000,
  });
  assert.equal(tokens.check(confused.issue(user, auth)), undefined);
  const other = new JwtTokens({ algorithm: "RS256", ...pem("rsa"), ttlMs: 60_000 });
  assert.equal(tokens.check(other.issue(user, auth)), undefined);
  const earlier = { clockTimestamp: Date.now() - 120_000, expiresIn: 60_000, noTimestamp: true };
  const late = createSigner({ key: rsa.privateKey, algorithm: "RS256", ...earlier })({ username: "ü", revision: 9 });
  assert.equal(tokens.check(late), undefined);
});

test("who has no private key checks JSON Web Tokens and issues none", () => {
  const issuing = new JwtTokens({ algorithm: "RS256", ...rsa, ttlMs: 60_000 });
  const checking = new JwtTokens({ algorithm: "RS256", ...rsa, privateKey: undefined, ttlMs: 60_000 });
  assert.notEqual(checking.check(issuing.issue(user, auth)), undefined);
  assert.throws(() => checking.issue(user, auth), /verify-only key/);
});
