import { expect } from "./case.ts";
import type { ComplianceCase } from "./case.ts";
import { pass } from "./operation.ts";

export const clockCases: readonly ComplianceCase[] = [
  {
    name: "clock: the monotonic clock never goes back",
    async run(fixture) {
      const { clock } = fixture.host;
      let last = clock.monotonicMs();
      expect(Number.isFinite(last), "monotonicMs is a number");
      for (let round = 0; round < 5; round++) {
        for (let reading = 0; reading < 1000; reading++) {
          const now = clock.monotonicMs();
          expect(now >= last, `monotonicMs went back from ${last} to ${now}`);
          last = now;
        }
        await pass(fixture, 1);
      }
    },
  },
  {
    name: "clock: monotonic time passes, and the boot clock keeps up with it",
    async run(fixture) {
      const { clock } = fixture.host;
      const [monotonic, boot] = [clock.monotonicMs(), clock.bootMs()];
      await pass(fixture, 50);
      const passed = clock.monotonicMs() - monotonic;
      expect(passed > 49.999, `a timer of 50 ms fired after ${passed} ms`);
      // The coarsest boot clock known counts in steps of 10 ms.
      const booted = clock.bootMs() - boot;
      expect(Math.abs(booted - passed) <= 15, `the boot clock moved by ${booted} ms, the monotonic clock by ${passed}`);
    },
  },
  {
    name: "clock: the boot clock never goes back",
    async run(fixture) {
      const { clock } = fixture.host;
      let last = clock.bootMs();
      for (let reading = 0; reading < 500; reading++) {
        const now = clock.bootMs();
        expect(now >= last, `bootMs went back from ${last} to ${now}`);
        last = now;
        if (reading % 50 === 0) await pass(fixture, 1);
      }
    },
  },
  {
    name: "clock: the wall clock tells a time",
    run: async ({ host }) => expect(Number.isFinite(host.clock.wallMs()), "wallMs is a number"),
  },
];
