import type { BrokenPermissions } from "./permission-member.ts";

/** A bug of permissions that others have shipped, or could have, and within how many seeds it is found. */
export interface PermissionBug extends BrokenPermissions {
  readonly name: string;
  readonly seeds: number;
}

export const permissionBugs: readonly PermissionBug[] = [
  {
    name: "a caller is forgotten on the way into the state",
    command: (command) => (command.type === "by-user" ? { type: "by-member", command: command.command } : command),
    seeds: 5,
  },
  {
    name: "an old revision of users and roles is good enough",
    command: (command, { auth }) =>
      command.type === "by-user" ? { ...command, caller: { ...command.caller, authRevision: auth.revision } } : command,
    seeds: 5,
  },
];
