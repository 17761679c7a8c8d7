import { memoryMachine } from "@quorate/replica";
import type { BrokenMember } from "./broken-member.ts";
import type { Replicated } from "./replicated.ts";
import { Tally } from "./tally.ts";

/** Members that replicate a `Tally` each: the world of the simulator's own runs. */
export function replicatedTally(broken: BrokenMember): Replicated<Tally, number> {
  const { stateBug, state = (sound) => sound } = broken;
  return {
    open({ member, host, directory, checkers }, done) {
      const reached = (commands: number, hash: number): void => {
        for (const checker of checkers) checker.stateReached?.(member, commands, hash);
      };
      const tally = new Tally(reached, stateBug && ((number) => stateBug(member, number)));
      memoryMachine<number>(state(tally), { disk: host.disk, directory }, (error, machine) => {
        done(error, { machine, state: tally });
      });
    },
    isSame: (one, other) => one.numbers.length === other.numbers.length && one.hash === other.hash,
    around: broken.replica,
  };
}
