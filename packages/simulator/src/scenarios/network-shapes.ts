import type { Role, RoleLinks, Step } from "./scenario.ts";

/** The links between each two of these. */
export function linksAmong(roles: readonly Role[]): RoleLinks {
  return roles.flatMap((one, at) => roles.slice(at + 1).map((other) => [one, other] as const));
}

/** The links from each of these to each of those. */
export function linksBetween(these: readonly Role[], those: readonly Role[]): RoleLinks {
  return these.flatMap((one) => those.map((other) => [one, other] as const));
}

/** All links but these, among so many members: what to cut so that only these are left. */
export function allBut(roles: readonly Role[], kept: RoleLinks): RoleLinks {
  const isKept = (one: Role, other: Role): boolean =>
    kept.some(([a, b]) => (a === one && b === other) || (a === other && b === one));
  return linksAmong(roles).filter(([one, other]) => !isKept(one, other));
}

/** Links that go down and come up again, each for half of `period` election timeouts, and are up in the end. */
export function flapping(links: RoleLinks, times: { from: number; to: number; period: number }): readonly Step[] {
  const steps: Step[] = [];
  for (let at = times.from; at < times.to; at += times.period) {
    steps.push({ at, do: "cut", links }, { at: at + times.period / 2, do: "mend", links });
  }
  return steps;
}
