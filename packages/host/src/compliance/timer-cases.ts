import { expect, expectSame } from "./case.ts";
import type { ComplianceCase } from "./case.ts";
import { pass } from "./operation.ts";
import type { TimerHandle, Timers } from "../timers.ts";

/** What the difference of two readings may be off by rounding, in ms. */
const roundingMs = 1e-6;

export const timerCases: readonly ComplianceCase[] = [
  {
    name: "timers: a timer never fires early, nor from inside the call",
    async run(fixture) {
      const { clock, timers } = fixture.host;
      for (const delayMs of [0, 0.2, 1, 1.5, 7.25, 20]) {
        const begun = clock.monotonicMs();
        let inside = true;
        const waited = await fixture.settle<number>((done) => {
          timers.after(delayMs, () => {
            expect(!inside, "a timer fired from inside after()");
            done(clock.monotonicMs() - begun);
          });
          inside = false;
        });
        expect(waited + roundingMs >= delayMs, `a timer of ${delayMs} ms fired after ${waited} ms`);
      }
    },
  },
  {
    name: "timers: a timer armed late in a long turn is not early either",
    async run(fixture) {
      const { clock, timers } = fixture.host;
      const waited = await fixture.settle<number>((done) => {
        timers.after(0, () => {
          for (let work = 0, sum = 0; work < 5_000_000; work++) sum += work % 7;
          const begun = clock.monotonicMs();
          timers.after(3, () => done(clock.monotonicMs() - begun));
        });
      });
      expect(waited + roundingMs >= 3, `a timer of 3 ms fired after ${waited} ms`);
    },
  },
  {
    name: "timers: timers fire in the order of their times, equal ones in the order of arming, each once",
    async run(fixture) {
      const { timers } = fixture.host;
      const fired: number[] = [];
      const delays = [12, 3, 9, 3, 0, 6, 12, 0.5, 0.25, 3];
      await fixture.settle<void>((done) => {
        for (const [index, delayMs] of delays.entries()) timers.after(delayMs, () => fired.push(index));
        timers.after(13, () => done());
      });
      await pass(fixture, 15);
      expectSame(fired, [4, 8, 7, 1, 3, 9, 5, 2, 0, 6], "the timers fired in this order");
    },
  },
  {
    name: "timers: a cancelled timer never fires",
    async run(fixture) {
      const { timers } = fixture.host;
      const fired: string[] = [];
      const first = timers.after(5, () => fired.push("cancelled at once"));
      timers.cancel(first);
      timers.cancel(first);
      const due: TimerHandle[] = [];
      await fixture.settle<void>((done) => {
        // The first of two timers that are due together cancels the second, and then itself, which changes nothing.
        due.push(
          timers.after(5, () => {
            for (const handle of due) timers.cancel(handle);
            fired.push("first");
          }),
        );
        due.push(timers.after(5, () => fired.push("second")));
        timers.after(10, () => done());
      });
      const kept = timers.after(1, () => fired.push("kept"));
      await pass(fixture, 10);
      timers.cancel(kept);
      expectSame(fired, ["first", "kept"], "the timers that fired");
    },
  },
  {
    name: "timers: endOfTurn runs after the present callback and before the next timer, what it asks for too",
    async run(fixture) {
      const { timers } = fixture.host;
      const order: string[] = [];
      await fixture.settle<void>((done) => {
        for (const name of ["a", "b", "c"]) {
          timers.after(2, () => {
            order.push(name);
            timers.endOfTurn(() => {
              order.push(`${name} end`);
              timers.endOfTurn(() => order.push(`${name} very end`));
            });
            timers.endOfTurn(() => order.push(`${name} end too`));
            order.push(`${name} returns`);
          });
        }
        timers.after(5, () => done());
      });
      const expected = ["a", "b", "c"].flatMap((name) => [
        name,
        `${name} returns`,
        `${name} end`,
        `${name} end too`,
        `${name} very end`,
      ]);
      expectSame(order, expected, "what happened");
    },
  },
  {
    name: "timers: endOfTurn comes before the next completion of the disk",
    async run(fixture) {
      const { disk, timers } = fixture.host;
      const order: string[] = [];
      const total = 20;
      await fixture.settle<void>((done) => {
        for (let index = 0; index < total; index++) {
          disk.list(fixture.directory, () => {
            order.push(`${index}`);
            timers.endOfTurn(() => {
              order.push(`${index} end`);
              if (index === total - 1) done();
            });
          });
        }
      });
      const expected = Array.from({ length: total }, (_, index) => [`${index}`, `${index} end`]).flat();
      expectSame(order, expected, "completions and ends of turns");
    },
  },
  laterCase("afterPendingInput", (timers, callback) => timers.afterPendingInput(callback)),
  laterCase("endOfRound", (timers, callback) => timers.endOfRound(callback)),
];

/** Both ways to let what has arrived come first. */
function laterCase(name: string, ask: (timers: Timers, callback: () => void) => void): ComplianceCase {
  return {
    name: `timers: ${name} runs once, in a turn of its own, soon`,
    async run(fixture) {
      const { clock, timers } = fixture.host;
      const order: string[] = [];
      await fixture.settle<void>((done) => {
        timers.after(1, () => {
          const begun = clock.monotonicMs();
          ask(timers, () => {
            order.push(name);
            timers.endOfTurn(() => order.push("its own end of turn"));
            expect(clock.monotonicMs() - begun < 1000, `${name} took a second`);
            timers.after(1, () => done());
          });
          timers.endOfTurn(() => order.push("end of turn"));
          order.push("timer");
        });
      });
      await pass(fixture, 5);
      expectSame(order, ["timer", "end of turn", name, "its own end of turn"], "what happened");
    },
  };
}
