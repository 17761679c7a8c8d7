import { expect } from "./case.ts";
import type { ComplianceCase } from "./case.ts";

export const randomCases: readonly ComplianceCase[] = [
  {
    name: "random: numbers are in [0, 1), differ, and are spread evenly",
    async run({ host }) {
      const draws = 20_000;
      const buckets = Array.from<number>({ length: 10 }).fill(0);
      const seen = new Set<number>();
      for (let draw = 0; draw < draws; draw++) {
        const value = host.random.next();
        expect(value >= 0 && value < 1, `${value} is not in [0, 1)`);
        seen.add(value);
        const bucket = Math.floor(value * 10);
        buckets[bucket] = (buckets[bucket] ?? 0) + 1;
      }
      // With 32 bits, 20,000 draws repeat about 0.05 times; a tenth of them has a standard deviation of 42.
      expect(seen.size > draws - 5, `only ${seen.size} of ${draws} numbers differ`);
      for (const count of buckets) expect(Math.abs(count - draws / 10) < 300, `spread unevenly: ${buckets.join(", ")}`);
    },
  },
];
