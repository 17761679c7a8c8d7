import { useEffect, useState } from "preact/hooks";
import { measureCommits, type CommitSetup } from "../world/measure-commits.ts";

/** Of each leader. */
export const worldsOfCommits = 8;
const commitsInWorld = 40;

/**
 * What commits of the shipped core take, by who leads, ascending: measured while the page is open, one world at a time
 * between frames, the chosen leader first.
 */
export function useCommits({ quorum, leader, roundTrips, syncMs }: CommitSetup): readonly (readonly number[])[] {
  const none = roundTrips.map((): readonly number[] => []);
  const world = JSON.stringify({ quorum, roundTrips, syncMs });
  const [measured, setMeasured] = useState({ world, times: none });
  useEffect(() => {
    let times = measured.world === world ? measured.times : none;
    // What was measured of a leader stays when another is chosen.
    const left = (one: number): boolean => (times[one]?.length ?? 0) === 0;
    const order = [leader, ...roundTrips.keys()].filter((one, at, all) => all.indexOf(one) === at && left(one));
    const next = (at: number, seed: number, found: readonly number[]): void => {
      const one = order[at];
      if (one === undefined) return;
      const setup = { quorum, leader: one, roundTrips, syncMs };
      const more = found.concat(measureCommits(seed, setup, commitsInWorld));
      if (seed === worldsOfCommits) {
        times = times.with(
          one,
          more.toSorted((a, b) => a - b),
        );
        setMeasured({ world, times });
        timer = setTimeout(next, 0, at + 1, 1, []);
      } else {
        timer = setTimeout(next, 0, at, seed + 1, more);
      }
    };
    let timer = setTimeout(next, 200, 0, 1, []);
    return () => clearTimeout(timer);
  }, [world, leader]);
  return measured.world === world ? measured.times : none;
}
