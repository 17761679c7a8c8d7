import fc from "fast-check";

/**
 * Requests as plain data, in the gateway's field names. Revisions are counted from the one at which a run begins, and leases from one that
 * is its own: `placed` makes them those of a server. What docs/etcd-compatibility.md lists as different is never drawn.
 */
export interface DrawnRequest {
  readonly method: keyof typeof methods;
  readonly body: Readonly<Record<string, unknown>>;
  readonly over: "grpc" | "json";
}

/** gRPC's name and the gateway's path of each. */
export const methods = {
  Range: "KV/Range /kv/range",
  Put: "KV/Put /kv/put",
  DeleteRange: "KV/DeleteRange /kv/deleterange",
  Txn: "KV/Txn /kv/txn",
  Compact: "KV/Compact /kv/compaction",
  LeaseGrant: "Lease/LeaseGrant /lease/grant",
  LeaseRevoke: "Lease/LeaseRevoke /lease/revoke",
  LeaseTimeToLive: "Lease/LeaseTimeToLive /lease/timetolive",
  LeaseLeases: "Lease/LeaseLeases /lease/leases",
  Alarm: "Maintenance/Alarm /maintenance/alarm",
} as const;

/** A revision counted from where the run begins. */
export interface Relative {
  readonly relative: number;
}
export interface LeaseName {
  readonly lease: number;
}

const base64 = (text: string): string => Buffer.from(text, "latin1").toString("base64");
const maybe = <T>(percent: number, drawn: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.integer({ min: 0, max: 99 }).chain((at) => (at < percent ? drawn : fc.constant(undefined)));
const flag = (percent: number): fc.Arbitrary<true | undefined> => maybe(percent, fc.constant(true as const));

/** Few enough that etcd's sorting, which keeps no order among equals, keeps that of the keys. */
const keyNames = ["a", "b", "c", "d", "e", "f", "b\0", "\xff"];
const key = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom(...keyNames.map(base64)) },
  { weight: 1, arbitrary: fc.constant("") },
);
const rangeEnd = fc.constantFrom(undefined, undefined, "", base64("\0"), ...["a", "c", "f", "\xff"].map(base64));
const value = fc.constantFrom(undefined, ...["v1", "v2", "", "longer than the others"].map(base64));
const lease: fc.Arbitrary<LeaseName> = fc.record({ lease: fc.integer({ min: 1, max: 3 }) });
const past: fc.Arbitrary<Relative> = fc.record({ relative: fc.integer({ min: 1, max: 12 }) });
const anyRevision = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 4, arbitrary: past },
  { weight: 1, arbitrary: fc.record({ relative: fc.constant(1_000_000) }) },
);

const range = fc.record({
  key,
  range_end: rangeEnd,
  limit: fc.constantFrom(undefined, undefined, 1, 2, 3, -1),
  revision: anyRevision,
  sort_order: fc.constantFrom(undefined, undefined, "NONE", "ASCEND", "DESCEND"),
  sort_target: fc.constantFrom(undefined, undefined, "KEY", "VERSION", "CREATE", "MOD", "VALUE"),
  serializable: flag(30),
  keys_only: flag(20),
  count_only: flag(15),
  min_mod_revision: maybe(10, past),
  max_mod_revision: maybe(10, past),
  min_create_revision: maybe(10, past),
  max_create_revision: maybe(10, past),
});

const put = fc.record({
  key,
  value,
  lease: maybe(8, lease),
  prev_kv: flag(40),
  ignore_value: flag(8),
  ignore_lease: flag(8),
});

const deletion = fc.record({ key, range_end: rangeEnd, prev_kv: flag(40) });
/** Within transactions: etcd overlooks puts in a range without an end. */
const boundedDeletion = deletion.map((drawn) =>
  drawn.range_end === base64("\0") ? { ...drawn, range_end: undefined } : drawn,
);

const compare = fc
  .record({
    result: fc.constantFrom(undefined, "EQUAL", "GREATER", "LESS", "NOT_EQUAL"),
    key,
    range_end: maybe(20, rangeEnd),
    operand: fc.oneof(
      fc.record({ target: fc.constant("VERSION"), version: fc.integer({ min: -1, max: 4 }) }),
      fc.record({ target: fc.constant("CREATE"), create_revision: fc.oneof(fc.constant(0), past) }),
      fc.record({ target: fc.constant("MOD"), mod_revision: fc.oneof(fc.constant(0), past) }),
      fc.record({ target: fc.constant("LEASE"), lease: fc.oneof(fc.constant(0), lease) }),
      fc.record({ target: fc.constant("VALUE"), value }),
      fc.record({ target: fc.constantFrom("CREATE", "VALUE"), version: fc.constant(1) }),
    ),
  })
  .map(({ operand, ...fields }) => Object.assign(fields, operand));

type Body = Record<string, unknown>;
type AlarmKind = "NOSPACE" | "CORRUPT";

function txnOf(depth: number, putsWithin: boolean): fc.Arbitrary<Body> {
  const operations: fc.WeightedArbitrary<Body>[] = [
    { weight: 35, arbitrary: range.map((request_range) => ({ request_range })) },
    { weight: 20, arbitrary: boundedDeletion.map((request_delete_range) => ({ request_delete_range })) },
    { weight: 1, arbitrary: fc.constant({}) },
  ];
  if (putsWithin) operations.push({ weight: 30, arbitrary: put.map((request_put) => ({ request_put })) });
  if (depth > 0) {
    operations.push({ weight: 14, arbitrary: txnOf(depth - 1, putsWithin).map((request_txn) => ({ request_txn })) });
  }
  const branch = fc.array(fc.oneof(...operations), { maxLength: 3 });
  return fc.record({ compare: fc.array(compare, { maxLength: 2 }), success: branch, failure: branch });
}

const compaction = fc.record({
  revision: fc.oneof(
    { weight: 6, arbitrary: past },
    { weight: 1, arbitrary: fc.record({ relative: fc.constant(1_000_000) }) },
  ),
  physical: flag(40),
});
const grant = fc.record({ ID: lease, TTL: fc.constantFrom(600, 5000, 9_000_000_001) });
const alarmOf = (kind: AlarmKind): fc.Arbitrary<Body> =>
  fc.record({
    action: fc.constantFrom("GET", "ACTIVATE", "ACTIVATE", "DEACTIVATE", "DEACTIVATE"),
    memberID: fc.constantFrom(undefined, "5", "18446744073709551615"),
    alarm: fc.constant(kind),
  });

function requestOf(
  weights: Partial<Record<DrawnRequest["method"], [number, fc.Arbitrary<Body>]>>,
): fc.Arbitrary<DrawnRequest> {
  const choices = Object.entries(weights).map(([method, [weight, body]]) => ({
    weight,
    arbitrary: fc.record({
      method: fc.constant(method as DrawnRequest["method"]),
      body,
      over: fc.constantFrom("grpc" as const, "json" as const),
    }),
  }));
  return fc.oneof(...choices);
}

const leases = {
  LeaseGrant: [3, grant],
  LeaseRevoke: [2, fc.record({ ID: lease })],
  LeaseTimeToLive: [2, fc.record({ ID: lease, keys: flag(60) })],
  LeaseLeases: [1, fc.constant({})],
} as const satisfies Parameters<typeof requestOf>[0];

/** Everything but alarms. */
export const request = requestOf({
  Range: [20, range],
  Put: [24, put],
  DeleteRange: [8, deletion],
  Txn: [30, txnOf(2, true)],
  Compact: [4, compaction],
  ...leases,
});

/**
 * With alarms, under which etcd overlooks puts in transactions within transactions, and sees only afterwards what is wrong with a lease. Of
 * one kind at a time: there, the one that was raised last takes the place of the other. And there, reads in transactions within
 * transactions go through the log, which CORRUPT ends.
 */
export function requestWithAlarms(kind: AlarmKind): fc.Arbitrary<DrawnRequest> {
  return requestOf({
    Range: [10, range],
    Put: [15, put],
    DeleteRange: [8, deletion],
    Txn: [25, kind === "NOSPACE" ? fc.oneof(txnOf(0, true), txnOf(2, false)) : txnOf(0, true)],
    Compact: [4, compaction],
    Alarm: [12, alarmOf(kind)],
    ...leases,
    LeaseGrant: [3, fc.record({ ID: lease, TTL: fc.constant(600) })],
  });
}

/** The same with the revisions and leases of a server. */
export function placed(drawn: unknown, at: { readonly base: number; readonly leaseBase: number }): unknown {
  if (Array.isArray(drawn)) return drawn.map((one) => placed(one, at));
  if (typeof drawn !== "object" || drawn === null) return drawn;
  const entries = Object.entries(drawn);
  const [only] = entries;
  if (entries.length === 1 && only?.[0] === "relative") return String(at.base + (only[1] as number) - 1);
  if (entries.length === 1 && only?.[0] === "lease" && typeof only[1] === "number")
    return String(at.leaseBase + only[1]);
  return Object.fromEntries(
    entries.filter(([, field]) => field !== undefined).map(([name, field]) => [name, placed(field, at)]),
  );
}
