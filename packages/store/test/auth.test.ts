import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuthCommand, Caller, KeyRange, Permission, PlainCommand, StoreCommand } from "@quorate/store";
import { compare, keyRange, put, range, remove, txn, utf8 } from "./operation-makers.ts";
import { memoryEngine, StoreDriver } from "./store-driver.ts";

const addUser = (name: string): AuthCommand => ({ type: "user-add", name, passwordHash: "$", hasNoPassword: false });
const grantRole = (name: string, role: string): AuthCommand => ({ type: "user-grant-role", name, role });
const grant = (name: string, kind: Permission["kind"], over: KeyRange): AuthCommand => ({
  type: "role-grant-permission",
  name,
  permission: { kind, range: over },
});
const enable: AuthCommand = { type: "auth-enable", tokenSecret: utf8("secret") };

/** A root, and three users: one reads "a" to "m", one writes it, one has no role. Auth is enabled last. */
const users: readonly AuthCommand[] = [
  addUser("root"),
  grantRole("root", "root"),
  { type: "role-add", name: "readers" },
  grant("readers", "read", keyRange("a", "m")),
  { type: "role-add", name: "writers" },
  grant("writers", "write", keyRange("a", "m")),
  addUser("reader"),
  grantRole("reader", "readers"),
  addUser("writer"),
  grantRole("writer", "writers"),
  addUser("nobody"),
  enable,
];

class Guarded {
  readonly driver: StoreDriver;

  constructor(driver: StoreDriver) {
    this.driver = driver;
  }

  static async open(...commands: readonly AuthCommand[]): Promise<Guarded> {
    const driver = await StoreDriver.open(memoryEngine());
    for (const outcome of await driver.apply(...commands)) assert.ok(outcome.ok);
    return new Guarded(driver);
  }

  caller(user: string): Caller {
    return { user, authRevision: this.driver.store.auth.revision };
  }

  /** "ok", or why the command was refused to somebody. */
  async by(user: string, command: PlainCommand): Promise<string> {
    return this.outcome({ type: "by-user", caller: this.caller(user), command });
  }

  async outcome(command: StoreCommand): Promise<string> {
    const before = this.driver.store.revision;
    const outcome = await this.driver.run(command);
    if (!outcome.ok) assert.equal(this.driver.store.revision, before, "a refused command changes nothing");
    return outcome.ok ? "ok" : outcome.refusal;
  }
}

const readsA = compare("a", "mod", "equal", 0);
const outsideCompare = compare("z", "mod", "equal", 0);

/** What reader, writer, nobody and root may have applied, in this order: o for ok, d for denied. */
const permitted: readonly (readonly [what: string, command: PlainCommand, outcomes: string])[] = [
  ["a put", put("a", ""), "dodo"],
  ["a put outside", put("z", ""), "dddo"],
  ["a put that shows what was there", put("a", "", { previous: true }), "dddo"],
  ["a put that keeps the value", put("a", "", { ignoreValue: true }), "dodo"],
  ["a delete", remove("a"), "dodo"],
  ["a delete of the range", remove("a", "m"), "dodo"],
  ["a delete of one key more", remove("a", "m\0"), "dddo"],
  ["a delete from a key on", remove("a", "\0"), "dddo"],
  ["a delete that shows what was there", remove("a", "b", true), "dddo"],
  ["a comparison alone", txn([readsA], []), "oddo"],
  ["a comparison outside", txn([outsideCompare], []), "dddo"],
  ["a comparison of a range", txn([{ ...readsA, range: keyRange("a", "z") }], []), "dddo"],
  ["an empty transaction", txn([], []), "oooo"],
  ["a put in a transaction", txn([], [put("a", "")]), "dodo"],
  ["a put in the branch not taken", txn([], [], [put("z", "")]), "dddo"],
  ["a read in the branch not taken", txn([], [], [range("z")]), "dddo"],
  ["a put that shows what was there, in a transaction", txn([], [put("a", "", { previous: true })]), "dddo"],
  ["a delete that shows what was there, in a transaction", txn([], [remove("a", "b", true)]), "dddo"],
  ["a read within a transaction within", txn([], [txn([], [], [range("z")])]), "dddo"],
  ["a comparison within a transaction within", txn([], [txn([outsideCompare], [])]), "dddo"],
  ["a put within a transaction within", txn([], [txn([], [put("z", "")])]), "dddo"],
  ["adding a role", { type: "role-add", name: "more" }, "dddo"],
  ["adding a user", addUser("more"), "dddo"],
  ["granting to oneself", grantRole("nobody", "readers"), "dddo"],
  ["disabling auth", { type: "auth-disable" }, "dddo"],
  ["what members publish", { type: "publish-member", member: 1, name: "n", clientUrls: [] }, "oooo"],
];

for (const [what, command, outcomes] of permitted) {
  test(`who may: ${what}`, async () => {
    let found = "";
    for (const user of ["reader", "writer", "nobody", "root"]) {
      const guarded = await Guarded.open(...users);
      await guarded.by("root", put("a", "1"));
      const outcome = await guarded.by(user, command);
      assert.ok(outcome === "ok" || outcome === "permission-denied", outcome);
      found += outcome === "ok" ? "o" : "d";
    }
    assert.equal(found, outcomes);
  });
}

test("nobody in particular may do nothing once auth is enabled, and a member of its own accord may", async () => {
  const guarded = await Guarded.open(...users);
  for (const [what, command] of permitted) {
    const expected = command.type === "publish-member" ? "ok" : "no-user";
    assert.equal(await guarded.outcome(command), expected, what);
  }
  assert.equal(await guarded.outcome({ type: "by-member", command: put("a", "") }), "ok");
});

test("while auth is disabled nobody is asked who they are", async () => {
  const guarded = await Guarded.open(...users.slice(0, -1));
  assert.equal(await guarded.outcome(put("z", "")), "ok");
  assert.equal(await guarded.by("a stranger", put("z", "")), "ok");
  assert.equal(await guarded.outcome(addUser("more")), "ok");
});

test("a command under an older auth revision is refused when it is applied, also within one batch", async () => {
  const guarded = await Guarded.open(...users);
  const caller = guarded.caller("root");
  const byRoot = (command: PlainCommand): StoreCommand => ({ type: "by-user", caller, command });
  const revoke: AuthCommand = { type: "user-revoke-role", name: "writer", role: "writers" };
  const old: StoreCommand = { type: "by-user", caller: guarded.caller("writer"), command: put("a", "") };
  const outcomes = await guarded.driver.apply(byRoot(revoke), old, byRoot(put("a", "")));
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.ok ? "ok" : outcome.refusal)),
    ["ok", "auth-revision-old", "auth-revision-old"],
  );
  assert.equal(await guarded.by("writer", put("a", "")), "permission-denied");
});

test("a user who was deleted is denied", async () => {
  const guarded = await Guarded.open(...users);
  assert.equal(await guarded.by("root", { type: "user-delete", name: "writer" }), "ok");
  assert.equal(await guarded.by("writer", put("a", "")), "permission-denied");
});

const management: readonly (readonly [
  what: string,
  before: readonly AuthCommand[],
  command: AuthCommand,
  outcome: string,
])[] = [
  ["enabling without a root user", [], enable, "root-user-missing"],
  ["enabling with a root user without the role", [addUser("root")], enable, "root-role-missing"],
  ["adding a user twice", [addUser("u")], addUser("u"), "user-exists"],
  ["deleting who is not there", [], { type: "user-delete", name: "u" }, "user-not-found"],
  [
    "a password of who is not there",
    [],
    { type: "user-change-password", name: "u", passwordHash: "" },
    "user-not-found",
  ],
  ["granting to who is not there", [], grantRole("u", "root"), "user-not-found"],
  ["granting a role that is not there", [addUser("u")], grantRole("u", "r"), "role-not-found"],
  ["granting root, which needs no role", [addUser("u")], grantRole("u", "root"), "ok"],
  ["granting a role twice", [addUser("u"), grantRole("u", "root")], grantRole("u", "root"), "ok"],
  [
    "revoking a role that was not granted",
    [addUser("u")],
    { type: "user-revoke-role", name: "u", role: "r" },
    "role-not-granted",
  ],
  ["adding a role twice", [{ type: "role-add", name: "r" }], { type: "role-add", name: "r" }, "role-exists"],
  ["deleting a role that is not there", [], { type: "role-delete", name: "r" }, "role-not-found"],
  ["a permission for a role that is not there", [], grant("r", "read", keyRange("a")), "role-not-found"],
  ["a permission on a range turned round", [], grant("r", "read", keyRange("b", "a")), "invalid-auth-management"],
  ["a permission on an empty range", [], grant("r", "read", keyRange("b", "b")), "invalid-auth-management"],
  ["a permission on no key", [], grant("r", "read", keyRange("", "b")), "invalid-auth-management"],
  [
    "revoking a permission that was not granted",
    [{ type: "role-add", name: "r" }, grant("r", "read", keyRange("a", "b"))],
    { type: "role-revoke-permission", name: "r", range: keyRange("a") },
    "permission-not-granted",
  ],
];

for (const [what, before, command, outcome] of management) {
  test(`${what}: ${outcome}`, async () => {
    const guarded = await Guarded.open(...before);
    const { revision } = guarded.driver.store.auth;
    assert.equal(await guarded.outcome(command), outcome);
    if (outcome !== "ok") assert.equal(guarded.driver.store.auth.revision, revision);
  });
}

test("enabled auth cannot be sawn off: the root user, its role and the role root stay", async () => {
  const guarded = await Guarded.open(
    addUser("root"),
    grantRole("root", "root"),
    { type: "role-add", name: "root" },
    enable,
  );
  const attempts: readonly AuthCommand[] = [
    { type: "user-delete", name: "root" },
    { type: "user-revoke-role", name: "root", role: "root" },
    { type: "role-delete", name: "root" },
  ];
  for (const command of attempts) assert.equal(await guarded.by("root", command), "invalid-auth-management");
  assert.equal(await guarded.by("root", { type: "auth-disable" }), "ok");
  for (const command of attempts.toReversed())
    assert.equal(await guarded.outcome(command), command.type === "user-revoke-role" ? "role-not-granted" : "ok");
});

test("a role that is deleted is taken from all who had it", async () => {
  const guarded = await Guarded.open(...users);
  const { auth } = guarded.driver.store;
  assert.equal(await guarded.by("root", { type: "role-delete", name: "readers" }), "ok");
  assert.deepEqual(auth.user("reader")?.roles, []);
  assert.deepEqual(auth.user("writer")?.roles, ["writers"]);
  assert.equal(await guarded.by("reader", txn([readsA], [])), "permission-denied");
});

test("a permission granted again takes the place of the one on the same range", async () => {
  const { driver } = await Guarded.open(...users.slice(0, -1), grant("readers", "read-write", keyRange("a", "m")));
  assert.deepEqual(driver.store.auth.role("readers")?.permissions, [{ kind: "read-write", range: keyRange("a", "m") }]);
});

test("a lease may be used by whoever may write all that hangs on it, also where that lies apart", async () => {
  const guarded = await Guarded.open(...users.slice(0, -1), grant("writers", "write", keyRange("x")), enable);
  const grantLease = (lease: bigint): PlainCommand => ({ type: "lease-grant", lease, ttl: 60 });
  const attach = (key: string, lease: bigint): PlainCommand => put(key, "", { lease });
  assert.equal(await guarded.by("writer", grantLease(1n)), "ok");
  assert.equal(await guarded.by("writer", attach("a", 1n)), "ok");
  assert.equal(await guarded.by("writer", attach("b", 1n)), "ok");
  assert.equal(await guarded.by("writer", attach("x", 1n)), "ok");
  assert.equal(await guarded.by("writer", attach("c", 1n)), "ok", "between b and x lie keys that are not the user's");
  assert.equal(await guarded.by("root", attach("z", 1n)), "ok");
  assert.equal(await guarded.by("writer", attach("d", 1n)), "permission-denied");
  assert.equal(
    await guarded.by("writer", txn([], [], [attach("d", 1n) as ReturnType<typeof put>])),
    "permission-denied",
  );
  assert.equal(await guarded.by("writer", { type: "lease-revoke", lease: 1n }), "permission-denied");
  assert.equal(await guarded.by("root", remove("z")), "ok");
  assert.equal(await guarded.by("writer", attach("d", 1n)), "ok");
  assert.equal(await guarded.by("reader", { type: "lease-revoke", lease: 1n }), "permission-denied");
  assert.equal(await guarded.by("writer", { type: "lease-revoke", lease: 1n }), "ok");
});

test("users, roles and whether auth is enabled survive, are no part of the hash, and are replayed alike", async () => {
  const engine = memoryEngine();
  const driver = await StoreDriver.open(engine);
  const hash = await driver.hash();
  await driver.apply(...users);
  assert.deepEqual(await driver.hash(), hash);
  const before = shown(driver);
  await driver.checkpoint();
  const again = await StoreDriver.open(engine);
  assert.deepEqual(shown(again), before);
  const replayed = await StoreDriver.open(memoryEngine());
  for (const command of users) await replayed.apply(command);
  assert.deepEqual(shown(replayed), before);
  const caller = { user: "root", authRevision: again.store.auth.revision };
  await again.apply({ type: "by-user", caller, command: { type: "user-delete", name: "reader" } });
  await again.checkpoint();
  const third = await StoreDriver.open(engine);
  assert.deepEqual(third.store.auth.userNames(), ["nobody", "root", "writer"], "what was removed stays away");
});

function shown({ store }: StoreDriver): unknown {
  const { auth } = store;
  const { isEnabled, revision, tokenSecret } = auth;
  return {
    head: { isEnabled, revision, tokenSecret: Buffer.from(tokenSecret).toString() },
    users: auth.userNames().map((name) => auth.user(name)),
    roles: auth.roleNames().map((name) => auth.role(name)),
  };
}
