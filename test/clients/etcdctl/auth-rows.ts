import assert from "node:assert/strict";
import type { Row } from "./stage.ts";

/** In this order: each finds what those before it have left. */
export const authRows: readonly Row[] = [
  {
    command: "user add",
    holds: "with a password, from standard input, and without one; a name that is taken is refused",
    check: async (stage) => {
      assert.equal(await stage.ok("user", "add", "root:root-password"), "User root created\n");
      assert.match(
        await stage.given("ann-password\n", "user", "add", "ann", "--interactive=false"),
        /User ann created/,
      );
      assert.equal(await stage.ok("user", "add", "bob", "--new-user-password=bob-password"), "User bob created\n");
      assert.equal(await stage.ok("user", "add", "carol", "--no-password"), "User carol created\n");
      await stage.refused(/etcdserver: user name already exists/, "user", "add", "ann:again");
    },
  },
  {
    command: "user list",
    holds: "every user",
    check: async (stage) => assert.equal(await stage.ok("user", "list"), "ann\nbob\ncarol\nroot\n"),
  },
  {
    command: "user passwd",
    holds: "another password, with which alone the user is let in (seen under `auth enable`)",
    check: async (stage) => {
      assert.equal(
        await stage.given("new-password\n", "user", "passwd", "ann", "--interactive=false"),
        "Password updated\n",
      );
      const absent = await stage.run(["user", "passwd", "nobody", "--interactive=false"], { input: "x\n" });
      assert.match(absent.stderr, /etcdserver: user name not found/);
    },
  },
  {
    command: "role add",
    holds: "a role; a name that is taken is refused",
    check: async (stage) => {
      assert.equal(await stage.ok("role", "add", "app"), "Role app created\n");
      assert.equal(await stage.ok("role", "add", "spare"), "Role spare created\n");
      await stage.refused(/etcdserver: role name already exists/, "role", "add", "app");
    },
  },
  {
    command: "role list",
    holds: "every role",
    check: async (stage) => assert.equal(await stage.ok("role", "list"), "app\nspare\n"),
  },
  {
    command: "role grant-permission",
    holds: "on a key, a range, a prefix and an open end",
    check: async (stage) => {
      for (const permission of [
        ["readwrite", "app/", "--prefix"],
        ["read", "shared"],
        ["write", "a", "c"],
        ["read", "z", "--from-key"],
      ]) {
        assert.equal(await stage.ok("role", "grant-permission", "app", ...permission), "Role app updated\n");
      }
      await stage.refused(/etcdserver: role name not found/, "role", "grant-permission", "absent", "read", "k");
    },
  },
  {
    command: "role get",
    holds: "what may be read and what may be written",
    check: async (stage) => {
      const read = "\t[a, c)";
      assert.equal(
        await stage.ok("role", "get", "app"),
        `Role app\nKV Read:\n\t[app/, app0) (prefix app/)\n\tshared\n\t[z, <open ended>\nKV Write:\n${read}\n\t[app/, app0) (prefix app/)\n`,
      );
      await stage.refused(/etcdserver: role name not found/, "role", "get", "absent");
    },
  },
  {
    command: "role revoke-permission",
    holds: "the permission that was granted; another one is refused",
    check: async (stage) => {
      assert.match(await stage.ok("role", "revoke-permission", "app", "a", "c"), /is revoked from role app/);
      await stage.refused(/permission is not granted to the role/, "role", "revoke-permission", "app", "q");
    },
  },
  {
    command: "user grant-role",
    holds: "a role that is there, to a user who is there",
    check: async (stage) => {
      assert.equal(await stage.ok("user", "grant-role", "ann", "app"), "Role app is granted to user ann\n");
      await stage.ok("user", "grant-role", "bob", "spare");
      await stage.refused(/etcdserver: user name not found/, "user", "grant-role", "nobody", "app");
      await stage.refused(/etcdserver: role name not found/, "user", "grant-role", "ann", "absent");
    },
  },
  {
    command: "user get",
    holds: "the user's roles; with `--detail` what they may do",
    check: async (stage) => {
      assert.equal(await stage.ok("user", "get", "ann"), "User: ann\nRoles: app\n");
      assert.match(await stage.ok("user", "get", "ann", "--detail"), /KV Read:\n\t\[app\/, app0\) \(prefix app\/\)/);
      await stage.refused(/etcdserver: user name not found/, "user", "get", "nobody");
    },
  },
  {
    command: "user revoke-role",
    holds: "a role that the user has",
    check: async (stage) => {
      assert.equal(await stage.ok("user", "revoke-role", "bob", "spare"), "Role spare is revoked from user bob\n");
      await stage.refused(/etcdserver: role is not granted to the user/, "user", "revoke-role", "bob", "spare");
    },
  },
  {
    command: "role delete",
    holds: "the role is gone",
    check: async (stage) => {
      assert.equal(await stage.ok("role", "delete", "spare"), "Role spare deleted\n");
      assert.equal(await stage.ok("role", "list"), "app\n");
    },
  },
  {
    command: "user delete",
    holds: "the user is gone",
    check: async (stage) => {
      assert.equal(await stage.ok("user", "delete", "carol"), "User carol deleted\n");
      await stage.refused(/etcdserver: user name not found/, "user", "delete", "carol");
    },
  },
  {
    command: "auth enable",
    holds: "nobody is let in without a password, and each user only to what the roles say; at every member",
    check: async (stage) => {
      assert.equal(await stage.ok("auth", "enable"), "Authentication Enabled\n");
      await stage.refused(/etcdserver: user name is empty/, "get", "app/1");
      const ann = ["--user=ann:new-password"];
      await stage.refused(
        /authentication failed, invalid user ID or password/,
        "--user=ann:ann-password",
        "get",
        "app/1",
      );
      for (const endpoint of stage.endpoints) {
        assert.equal(await stage.at(endpoint).ok(...ann, "put", "app/1", "x"), "OK\n");
        await stage.at(endpoint).refused(/etcdserver: permission denied/, ...ann, "get", "other");
      }
      assert.equal(await stage.ok(...ann, "get", "app/1"), "app/1\nx\n");
      await stage.refused(/etcdserver: permission denied/, ...ann, "put", "shared", "x");
      await stage.refused(/etcdserver: permission denied/, ...ann, "user", "list");
    },
  },
  {
    command: "auth disable",
    holds: "everyone is let in again; only root may do so",
    check: async (stage) => {
      await stage.refused(/etcdserver: permission denied/, "--user=ann:new-password", "auth", "disable");
      assert.equal(await stage.ok("--user=root:root-password", "auth", "disable"), "Authentication Disabled\n");
      assert.equal(await stage.ok("get", "app/1"), "app/1\nx\n");
    },
  },
];
