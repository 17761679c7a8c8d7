import type { MemberId } from "@quorate/raft";
import type { CommandResult, KeyValueStore, StoreCommand } from "@quorate/store";
import { SafetyViolation } from "../observation.ts";
import { PermissionModel } from "./permission-model.ts";

/** What became of each command that the log holds: the same at every member and in every replay, and what the model says. */
export class PermissionBook {
  readonly #model = new PermissionModel();
  readonly #outcomes = new Map<number, string>();
  /** How often each outcome was met. */
  readonly counts = new Map<string, number>();
  #last = 0;

  /** @throws SafetyViolation */
  applied(member: MemberId, index: number, command: StoreCommand, result: CommandResult): void {
    const outcome = result.ok ? "ok" : result.refusal;
    if (index > this.#last) {
      this.#last = index;
      const expected = this.#model.apply(command);
      this.#outcomes.set(index, expected);
      this.counts.set(expected, (this.counts.get(expected) ?? 0) + 1);
    }
    const expected = this.#outcomes.get(index);
    if (outcome === expected) return;
    const what = `member ${member} applies ${command.type} at index ${index} as "${outcome}"`;
    throw new SafetyViolation("permissions", `${what}, and it is to be "${expected}"`);
  }
}

/** Users, roles and permissions as text, to be compared. */
export function shownAuth({ auth, revision }: KeyValueStore): string {
  const { isEnabled } = auth;
  const users = auth.userNames().map((name) => auth.user(name));
  const roles = auth.roleNames().map((name) => auth.role(name));
  return JSON.stringify({ keys: revision, isEnabled, revision: auth.revision, users, roles });
}
