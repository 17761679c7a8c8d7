import type { MemberView } from "../world/tape.ts";

/** Who belongs to the cluster, and who does not. */
export interface Membership {
  readonly voters: readonly number[];
  readonly outgoing: readonly number[];
  readonly learners: readonly number[];
  readonly outside: readonly number[];
}

/** As the newest configuration says that anybody has in its log: committed or not, whoever has it goes by it. */
export function newestConfiguration(views: readonly MemberView[]): Membership {
  let newest = views[0] as MemberView;
  for (const view of views) {
    const isNewer = view.configurationIndex > newest.configurationIndex;
    if (isNewer || newest.voters.length === 0) newest = view;
  }
  const { voters, outgoing, learners } = newest;
  const inside = new Set([...voters, ...outgoing, ...learners]);
  return { voters, outgoing, learners, outside: views.map(({ id }) => id).filter((id) => !inside.has(id)) };
}
