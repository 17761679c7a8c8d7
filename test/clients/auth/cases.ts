/** Who asks, in the order of the letters below. */
export const callers = ["anonymous", "nobody", "reader", "writer", "both", "root"] as const;
export type Caller = (typeof callers)[number];

/** What the users hold: "reader" may read the keys from "a" up to "m", "writer" write them, "both" both, "nobody" nothing. */
export const granted = { from: "a", to: "m" } as const;

/** Leases that are there, each with one key: of those that are granted, and of those that are not. */
export const leases = { inside: 7001n, outside: 7002n } as const;

export interface AuthCase {
  readonly method: string;
  readonly what: string;
  readonly request: (caller: Caller, peerUrls: readonly string[]) => object;
  /** One letter for each caller. */
  readonly outcomes: string;
  /** Where etcd 3.4.23 answers otherwise, and why. */
  readonly etcd?: readonly [outcomes: string, because: string];
}

const bytes = (text: string): Uint8Array => Buffer.from(text);
const range = (key: string, rangeEnd = ""): object => ({ key: bytes(key), rangeEnd: bytes(rangeEnd) });
const op = (name: string, value: object): object => ({ request: { case: name, value } });
const compareOf = (key: string, rangeEnd = ""): object => ({ ...range(key, rangeEnd), target: 0, result: 0 });
const put = (key: string, more: object = {}): object => ({ key: bytes(key), value: bytes("x"), ...more });

const nobodyElse = "udddoo";
const readers = "udoodo".replace("oodo", "odoo");
const writers = "uddooo";
const rootOnly = "uddddo";
const users = "uooooo";
const anyone = "oooooo";

const laterFix = (what: string): string => `3.4.23 does not ask who calls ${what}; later versions do`;
const nested = "3.4.23 does not look into transactions within transactions (CVE-2026-33343)";
const previousInTxn = "3.4.23 shows the previous values within transactions to those who may not read";

function row(
  method: string,
  what: string,
  request: object | AuthCase["request"],
  outcomes: string,
  etcd?: AuthCase["etcd"],
): AuthCase {
  const make = typeof request === "function" ? (request as AuthCase["request"]) : () => request;
  return { method, what, request: make, outcomes, ...(etcd === undefined ? {} : { etcd }) };
}

const kv = (method: string, what: string, request: object, outcomes: string, etcd?: AuthCase["etcd"]): AuthCase =>
  row(`etcdserverpb.KV/${method}`, what, request, outcomes, etcd);
const txn = (what: string, request: object, outcomes: string, etcd?: AuthCase["etcd"]): AuthCase =>
  kv("Txn", what, request, outcomes, etcd);
const watch = (what: string, create: object, outcomes: string, etcd?: AuthCase["etcd"]): AuthCase =>
  row("etcdserverpb.Watch/Watch", what, { requestUnion: { case: "createRequest", value: create } }, outcomes, etcd);
const lease = (method: string, what: string, request: object, outcomes: string, etcd?: AuthCase["etcd"]): AuthCase =>
  row(`etcdserverpb.Lease/${method}`, what, request, outcomes, etcd);
const auth = (method: string, what: string, request: object | AuthCase["request"], outcomes = rootOnly): AuthCase =>
  row(`etcdserverpb.Auth/${method}`, what, request, outcomes);
const maintenance = (
  method: string,
  what: string,
  request: object,
  outcomes: string,
  etcd?: AuthCase["etcd"],
): AuthCase => row(`etcdserverpb.Maintenance/${method}`, what, request, outcomes, etcd);
const election = (
  method: string,
  request: object | AuthCase["request"],
  outcomes: string,
  etcd?: AuthCase["etcd"],
): AuthCase => row(`v3electionpb.Election/${method}`, "under keys that are granted", request, outcomes, etcd);
const leader = { name: bytes("a-e"), key: bytes("a-e/1"), rev: 1n, lease: 1n };

/** Every method of every service, in as many forms as permissions tell apart. What destroys something comes last. */
export const authCases: readonly AuthCase[] = [
  kv("Range", "a key", range("a"), readers),
  kv("Range", "a key outside", range("z"), rootOnly),
  kv("Range", "the range", range("a", "m"), readers),
  kv("Range", "more than the range", range("a", "n"), rootOnly),
  kv("Range", "from a key on", range("a", "\0"), rootOnly),
  kv("Range", "a key, of the member's own state", { ...range("a"), serializable: true }, readers),
  kv("RangeStream", "the range", range("a", "m"), readers),
  kv("RangeStream", "more than the range", range("a", "n"), rootOnly),
  kv("RangeStream", "a key, of the member's own state", { ...range("a"), serializable: true }, readers),
  kv("RangeStream", "how many keys there are outside", { ...range("n", "z"), countOnly: true }, rootOnly),
  kv("Range", "how many keys there are outside", { ...range("n", "z"), countOnly: true }, rootOnly),
  kv("Put", "a key", put("a"), writers),
  kv("Put", "a key outside", put("z"), rootOnly),
  kv("Put", "a key, showing what was there", put("a", { prevKv: true }), nobodyElse),
  kv("Put", "a key with a lease that has keys inside", put("c", { lease: leases.inside }), writers),
  kv("Put", "a key with a lease that has keys outside", put("c", { lease: leases.outside }), rootOnly),
  kv("DeleteRange", "a key", range("a1"), writers),
  kv("DeleteRange", "a key, showing what was there", { ...range("a1"), prevKv: true }, nobodyElse),
  kv("DeleteRange", "more than the range", range("k", "n"), rootOnly),
  txn("nothing", {}, users, [anyone, "3.4.23 asks only about keys"]),
  txn("a comparison", { compare: [compareOf("a")] }, readers),
  txn("a comparison outside", { compare: [compareOf("z")] }, rootOnly),
  txn("a comparison of more than the range", { compare: [compareOf("a", "n")] }, rootOnly),
  txn("a read in the branch not taken", { failure: [op("requestRange", range("z"))] }, rootOnly),
  txn("a put in the branch not taken", { failure: [op("requestPut", put("z"))] }, rootOnly),
  txn("a put", { success: [op("requestPut", put("a"))] }, writers),
  txn("a put that shows what was there", { success: [op("requestPut", put("a", { prevKv: true }))] }, nobodyElse, [
    writers,
    previousInTxn,
  ]),
  txn(
    "a put with a lease that has keys outside",
    { success: [op("requestPut", put("a", { lease: leases.outside }))] },
    rootOnly,
    [writers, "3.4.23 does not look at leases within transactions"],
  ),
  txn(
    "a delete that shows what was there",
    { success: [op("requestDeleteRange", { ...range("a1"), prevKv: true })] },
    nobodyElse,
  ),
  txn(
    "a read within a transaction within",
    { success: [op("requestTxn", { success: [op("requestRange", range("z"))] })] },
    rootOnly,
    [anyone, nested],
  ),
  txn(
    "a comparison within a transaction within",
    { failure: [op("requestTxn", { compare: [compareOf("z")] })] },
    rootOnly,
    [anyone, nested],
  ),
  txn(
    "a put within a transaction within",
    { failure: [op("requestTxn", { success: [op("requestPut", put("z"))] })] },
    rootOnly,
    [anyone, nested],
  ),
  kv("Compact", "to the first revision", { revision: 1n }, rootOnly, [anyone, laterFix("for compactions")]),
  watch("a key", range("a"), readers),
  watch("a key outside", range("z"), rootOnly),
  watch("from a key on", range("a", "\0"), rootOnly, [
    readers,
    "3.4.23 takes a watch from a key on for one of that key alone when it asks for permissions",
  ]),
  lease("LeaseGrant", "a new one", { TTL: 60n }, users, [anyone, laterFix("for leases")]),
  lease("LeaseKeepAlive", "of keys inside", { ID: leases.inside }, writers, [anyone, laterFix("to renew leases")]),
  lease("LeaseKeepAlive", "of keys outside", { ID: leases.outside }, rootOnly, [anyone, laterFix("to renew leases")]),
  lease("LeaseTimeToLive", "without keys", { ID: leases.outside }, users, [anyone, laterFix("for leases")]),
  lease("LeaseTimeToLive", "with keys inside", { ID: leases.inside, keys: true }, readers, [
    anyone,
    "3.4.23 shows the keys of leases to everybody (CVE-2023-32082)",
  ]),
  lease("LeaseTimeToLive", "with keys outside", { ID: leases.outside, keys: true }, rootOnly, [
    anyone,
    "3.4.23 shows the keys of leases to everybody (CVE-2023-32082)",
  ]),
  lease("LeaseLeases", "of which some have keys outside", {}, rootOnly, [anyone, laterFix("for leases")]),
  lease("LeaseRevoke", "of one that is not there", { ID: 99n }, users, [anyone, laterFix("for leases")]),
  row("etcdserverpb.Cluster/MemberList", "", {}, users, [anyone, laterFix("for members")]),
  row(
    "etcdserverpb.Cluster/MemberAdd",
    "where one is already",
    (_: Caller, peerUrls: readonly string[]) => ({ peerURLs: [...peerUrls], isLearner: true }),
    rootOnly,
  ),
  row("etcdserverpb.Cluster/MemberRemove", "who is not there", { ID: 99n }, rootOnly),
  row("etcdserverpb.Cluster/MemberUpdate", "who is not there", { ID: 99n, peerURLs: ["http://127.0.0.1:1"] }, rootOnly),
  row("etcdserverpb.Cluster/MemberPromote", "who is not there", { ID: 99n }, rootOnly),
  maintenance("Status", "", {}, users, [anyone, laterFix("for the status")]),
  maintenance("Alarm", "showing them", { action: 0 }, users, [anyone, laterFix("for alarms")]),
  maintenance("Alarm", "clearing one", { action: 2, alarm: 1 }, rootOnly, [anyone, laterFix("to change alarms")]),
  maintenance("Defragment", "", {}, rootOnly),
  maintenance("Hash", "", {}, rootOnly),
  maintenance("HashKV", "", {}, rootOnly),
  maintenance("Snapshot", "", {}, rootOnly),
  maintenance("MoveLeader", "to who is not there", { targetID: 99n }, rootOnly, [
    anyone,
    laterFix("to move the leader"),
  ]),
  maintenance("Downgrade", "", {}, rootOnly),
  auth("Authenticate", "", { name: "reader", password: "reader" }, anyone),
  auth("AuthStatus", "", {}),
  auth("AuthEnable", "again", {}),
  auth("UserAdd", "", (caller: Caller) => ({ name: `user-${caller}`, password: "p" })),
  auth("UserGet", "oneself", (caller: Caller) => ({ name: caller }), users),
  auth("UserGet", "another", { name: "reader" }, "udoddo"),
  auth("UserList", "", {}),
  auth("UserDelete", "who is not there", { name: "x" }),
  auth("UserChangePassword", "of who is not there", { name: "x", password: "p" }),
  auth("UserGrantRole", "to who is not there", { user: "x", role: "root" }),
  auth("UserRevokeRole", "of who is not there", { name: "x", role: "root" }),
  auth("RoleAdd", "", (caller: Caller) => ({ name: `role-${caller}` })),
  auth("RoleGet", "that some have", { role: "reading" }, "udoddo"),
  auth("RoleList", "", {}),
  auth("RoleDelete", "that is not there", { role: "x" }),
  auth("RoleGrantPermission", "to a role that is not there", { name: "x", perm: { permType: 0, ...range("a") } }),
  auth("RoleRevokePermission", "of a role that is not there", { role: "x", ...range("a") }),
  row("v3lockpb.Lock/Lock", "", (caller: Caller) => ({ name: bytes(`a-l-${caller}`) }), nobodyElse),
  row("v3lockpb.Lock/Unlock", "", { key: bytes("a-l/1") }, writers),
  election("Campaign", (caller: Caller) => ({ name: bytes(`a-e-${caller}`), lease: leases.inside }), nobodyElse),
  election("Proclaim", { leader, value: bytes("x") }, nobodyElse),
  election("Leader", { name: bytes("a-e") }, readers),
  election("Observe", { name: bytes("a-e") }, readers, [anyone, "3.4.23 keeps silent, whoever asks"]),
  election("Resign", { leader }, nobodyElse),
  row("quorate.v1.Admin/Describe", "", {}, users),
  row("quorate.v1.Admin/Change", "nothing", {}, rootOnly),
  row("quorate.v1.Admin/ReadBackup", "", { id: 99n }, rootOnly),
  lease("LeaseRevoke", "of keys outside", { ID: leases.outside }, rootOnly),
  auth("AuthDisable", "", {}),
];
