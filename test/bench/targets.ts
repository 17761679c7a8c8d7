import type { Contender } from "./contenders.ts";
import type { Target } from "./options.ts";

/** The members that clients ask. */
export function endpointsFor(to: Target, { members }: Contender, leader: number): readonly string[] {
  const endpoints = members.map(({ endpoint }) => endpoint);
  if (to === "all") return endpoints;
  const asked = endpoints[to === "leader" ? leader : (leader + 1) % endpoints.length];
  if (asked === undefined) throw new Error("there is no such member");
  return [asked];
}
