import type { LabAction } from "../world/lab-action.ts";
import type { MemberView } from "../world/tape.ts";
import { newestConfiguration } from "./configuration.ts";

type MembersAction = Extract<LabAction, { readonly do: "members" }>;

/** The leader of the latest term that is up; 0 for none. */
export function newestLeader(views: readonly MemberView[]): number {
  let found: MemberView | undefined;
  for (const view of views) {
    if (view.isUp && view.role === "leader" && view.term > (found?.term ?? -1)) found = view;
  }
  return found?.id ?? 0;
}

/** Another one in place of a member: a learner at first, that votes once it has caught up. Undefined where nobody can be asked. */
export function replacementFor(views: readonly MemberView[], id: number): MembersAction | undefined {
  const by = newestLeader(views);
  const { voters, learners, outside } = newestConfiguration(views);
  // Whoever was removed never comes back: of those that are left, one that has never been in.
  const next = outside.find((one) => views.find((view) => view.id === one)?.term === 0);
  if (by === 0 || next === undefined || !voters.includes(id) || voters.length === 1) return undefined;
  return {
    do: "members",
    by,
    voters: voters.filter((one) => one !== id),
    learners: [...learners, next],
    promotable: [next],
  };
}
