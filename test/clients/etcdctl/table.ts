import { authRows } from "./auth-rows.ts";
import { keyRows } from "./key-rows.ts";
import { leaseRows } from "./lease-rows.ts";
import { localRows } from "./local-rows.ts";
import { maintenanceRows } from "./maintenance-rows.ts";
import type { Row } from "./stage.ts";

/** Users and roles last: while they count, nobody else is let in. */
export const rows: readonly Row[] = [...localRows, ...keyRows, ...leaseRows, ...maintenanceRows, ...authRows];

/** Those that start and stop members, in a test of their own. */
export const rowsOfMembers: readonly Omit<Row, "check">[] = [
  { command: "member add", holds: "a voter once it has caught up; with `--learner` a learner" },
  { command: "member list", holds: "every member, with its state, name, URLs and whether it learns" },
  { command: "member promote", holds: "a learner that is up to date; refused while it is not" },
  { command: "member remove", holds: "it leaves, and its process ends" },
  { command: "member update", holds: "other peer URLs" },
  { command: "move-leader", holds: "the member that is named leads; one that is not there is refused" },
];

/** The table in docs/etcd-compatibility.md. */
export function documentTable(): string {
  const all = [...rows, ...rowsOfMembers].toSorted((left, right) => (left.command < right.command ? -1 : 1));
  const lines = all.map(({ command, holds, slow }) => {
    const shownBy = slow === true ? "`npm run verify`" : "`npm test`";
    return `| \`${command}\` | ${holds} | ${shownBy} |`;
  });
  return ["| etcdctl | what the test asserts | in |", "| --- | --- | --- |", ...lines].join("\n");
}
