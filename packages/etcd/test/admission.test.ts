import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuthCommand, KeyRange } from "@quorate/store";
import { Admission } from "../src/auth/admission.ts";
import { noCredentials, type Credentials } from "../src/auth/credentials.ts";
import { policyOf } from "../src/auth/policies.ts";
import { SimpleTokens } from "../src/auth/simple-tokens.ts";
import type { ServiceParts } from "../src/service-parts.ts";
import { fakeMember, type FakeMember } from "./support/fake-member.ts";

const keyA: KeyRange = { key: Buffer.from("a"), end: undefined };
const enable: AuthCommand = { type: "auth-enable", tokenSecret: Buffer.from("secret") };
const addUser = (name: string): AuthCommand => ({ type: "user-add", name, passwordHash: "$", hasNoPassword: false });
const users: readonly AuthCommand[] = [
  addUser("root"),
  { type: "user-grant-role", name: "root", role: "root" },
  { type: "role-add", name: "as" },
  { type: "role-grant-permission", name: "as", permission: { kind: "read", range: keyA } },
  addUser("ann"),
  { type: "user-grant-role", name: "ann", role: "as" },
];

class Members {
  readonly member: FakeMember;
  readonly tokens: SimpleTokens;
  readonly admission: Admission;
  nowMs = 1_000_000;

  constructor(member: FakeMember, certificatesCount: boolean) {
    this.member = member;
    this.tokens = new SimpleTokens(1000, () => this.nowMs);
    this.admission = new Admission({
      parts: member.parts,
      source: member.store,
      tokens: this.tokens,
      certificatesCount,
    });
  }

  static async open(commands: readonly AuthCommand[], certificatesCount = false): Promise<Members> {
    const members = new Members(await fakeMember(), certificatesCount);
    await members.apply(...commands);
    return members;
  }

  /** As the member applies it of its own accord. */
  async apply(...commands: readonly AuthCommand[]): Promise<void> {
    const { replica, parts } = this.member;
    for (const command of commands) assert.ok((await replica.submit(parts.encodeCommand(command))).ok);
  }

  /** What the next linearizable read finds out that the member has not heard of yet. */
  hears(...commands: readonly AuthCommand[]): void {
    const { replica } = this.member;
    const readBarrier = replica.readBarrier.bind(replica);
    replica.readBarrier = (outcome) => {
      replica.readBarrier = readBarrier;
      void this.apply(...commands).then(() => replica.readBarrier(outcome));
    };
  }

  as(name: string): Credentials {
    const { auth } = this.member.store;
    const user = auth.user(name);
    assert.ok(user !== undefined);
    return { token: this.tokens.issue(user, auth), certificateName: undefined };
  }

  admit(path: string, credentials: Credentials, request: unknown = {}): Promise<ServiceParts | string> {
    return new Promise((resolve) =>
      this.admission.admit(path, credentials, request, resolve, ({ message }) => resolve(message)),
    );
  }

  /** "admitted", or why not. */
  async outcome(path: string, credentials: Credentials): Promise<string> {
    const answer = await this.admit(path, credentials);
    return typeof answer === "string" ? answer.replace("etcdserver: ", "") : "admitted";
  }
}

const put = "/etcdserverpb.KV/Put";
const memberAdd = "/etcdserverpb.Cluster/MemberAdd";

test("while auth is disabled everybody is admitted, and nobody waits", async () => {
  const members = await Members.open(users);
  const before = members.member.replica.barriers;
  assert.equal(await members.outcome(put, noCredentials), "admitted");
  assert.equal(await members.outcome(put, { token: "nonsense", certificateName: undefined }), "admitted");
  assert.equal(members.member.replica.barriers, before);
});

test("changes of members are admitted as of what the cluster has committed, whatever the member has heard of", async () => {
  const members = await Members.open(users);
  members.hears(enable);
  assert.equal(await members.outcome(memberAdd, noCredentials), "user name is empty");
  assert.equal(await members.outcome(memberAdd, members.as("root")), "admitted");
  const ann = members.as("ann");
  assert.equal(await members.outcome(memberAdd, ann), "permission denied");
  members.hears({ type: "user-grant-role", name: "ann", role: "root" });
  assert.equal(await members.outcome(memberAdd, ann), "admitted");
});

test("nobody changes members by a member's old knowledge, however long the new takes; but giving a change up does not wait for it", async (context) => {
  const members = await Members.open([...users, enable]);
  const root = members.as("root");
  const asked: (() => void)[] = [];
  const { replica } = members.member;
  const readBarrier = replica.readBarrier.bind(replica);
  replica.readBarrier = (outcome) => void asked.push(() => readBarrier(outcome));
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const change = "/quorate.v1.Admin/Change";
  const remove = { operation: { case: "remove", value: { id: 1n } } };
  const told: string[] = [];
  const ask = (name: string, path: string, request: unknown): Promise<void> =>
    members
      .admit(path, root, request)
      .then((answer) => void told.push(`${name}: ${typeof answer === "string" ? answer : "admitted"}`));
  const all = [
    ask("add", memberAdd, {}),
    ask("remove", change, remove),
    ask("abandon", change, { operation: { case: "abandon", value: {} } }),
  ];
  context.mock.timers.tick(60_000);
  await all[2];
  assert.deepEqual(told, ["abandon: admitted"]);
  for (const go of asked) go();
  await Promise.all(all);
  assert.equal(told.length, 3);
});

test("who would be refused is looked at again, once the member has heard of everything", async () => {
  const members = await Members.open([...users, enable]);
  assert.equal(await members.outcome(put, noCredentials), "user name is empty");
  assert.equal(await members.outcome(put, { token: "nonsense", certificateName: undefined }), "invalid auth token");
  const { auth } = members.member.store;
  const eve = {
    name: "eve",
    passwordHash: "$",
    hasNoPassword: false,
    roles: [],
    credentialRevision: auth.revision + 1,
  };
  const token = members.tokens.issue(eve, auth);
  members.hears(addUser("eve"));
  assert.equal(await members.outcome(put, { token, certificateName: undefined }), "admitted");
  members.hears({ type: "auth-disable" });
  assert.equal(await members.outcome(put, noCredentials), "admitted");
});

test("without a leader the member's own state decides about what is its own", async () => {
  const members = await Members.open([...users, enable]);
  const root = members.as("root");
  const ann = members.as("ann");
  members.member.replica.failsWith = "no-leader";
  const hash = "/etcdserverpb.Maintenance/HashKV";
  assert.equal(await members.outcome(hash, root), "admitted");
  assert.equal(await members.outcome(hash, ann), "permission denied");
});

test("a method that no table knows is the administrator's", async () => {
  const members = await Members.open([...users, enable]);
  const unknown = "/etcdserverpb.New/Method";
  assert.equal(policyOf(unknown).asOf, "here");
  assert.equal(await members.outcome(unknown, members.as("ann")), "permission denied");
  assert.equal(await members.outcome(unknown, members.as("root")), "admitted");
});

test("the list of members needs a user, unless it is said to be open", async () => {
  const memberList = "/etcdserverpb.Cluster/MemberList";
  const closed = await Members.open([...users, enable]);
  assert.equal(await closed.outcome(memberList, noCredentials), "user name is empty");
  const { parts, store } = closed.member;
  const options = { parts, source: store, tokens: closed.tokens, certificatesCount: false, membersAreOpen: true };
  const open = new Admission(options);
  assert.notEqual(open.admitted(memberList, noCredentials, {}), undefined);
  assert.equal(open.admitted(put, noCredentials, {}), undefined);
});

test("a certificate's name counts only where it is said to, and after a token", async () => {
  const ann: Credentials = { token: undefined, certificateName: "ann" };
  const ignoring = await Members.open([...users, enable]);
  assert.equal(await ignoring.outcome(put, ann), "user name is empty");
  const members = await Members.open([...users, enable], true);
  assert.equal(await members.outcome(put, ann), "admitted");
  assert.equal(await members.outcome(put, { ...ann, certificateName: "stranger" }), "permission denied");
  assert.equal(await members.outcome(put, { ...ann, token: "nonsense" }), "invalid auth token");
  const both = await members.admit(put, { ...members.as("root"), certificateName: "ann" });
  assert.equal(typeof both === "string" ? both : both.guard.user, "root");
});

test("who has come in with a token stays known while a call lasts, until the password changes", async () => {
  const members = await Members.open([...users, enable]);
  const parts = await members.admit(put, members.as("ann"));
  assert.ok(typeof parts !== "string");
  const held = parts.hold();
  assert.equal(held.guard.refusalOfKeys("read", keyA), undefined);
  members.nowMs += 2000;
  assert.equal(parts.guard.refusalOfKeys("read", keyA), "invalid-token");
  assert.equal(held.guard.refusalOfKeys("read", keyA), undefined);
  const { version } = held.guard;
  await members.apply({ type: "user-revoke-role", name: "ann", role: "as" });
  assert.notEqual(held.guard.version, version);
  assert.equal(held.guard.refusalOfKeys("read", keyA), "permission-denied");
  await members.apply({ type: "user-grant-role", name: "ann", role: "as" });
  assert.equal(held.guard.refusalOfKeys("read", keyA), undefined);
  await members.apply({ type: "user-change-password", name: "ann", passwordHash: "$$" });
  assert.equal(held.guard.refusalOfKeys("read", keyA), "invalid-token");
});
