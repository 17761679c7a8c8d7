import { parseArgs } from "node:util";
import { etcdIsInstalled } from "../support/real-etcd.ts";
import { compareWithEtcd } from "./compare.ts";

/** `npm run differential -- --runs 300 --seed 7`: the comparison with a real etcd, in its long form. */
const { values } = parseArgs({ options: { runs: { type: "string", default: "300" }, seed: { type: "string" } } });
const ends: (() => unknown)[] = [];
if (!(await etcdIsInstalled())) throw new Error("etcd is not installed: there is nothing to compare with");
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
console.log(`seed ${seed}, ${values.runs} sequences`);
const began = performance.now();
let told = 0;
try {
  const { asked, refused } = await compareWithEtcd(
    { after: (end) => void ends.push(end) },
    {
      runs: Number(values.runs),
      seed,
      progress: (count) => {
        if (count < told + 1000) return;
        told = count;
        console.log(`${count} requests were answered alike`);
      },
    },
  );
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(`all of ${asked} requests were answered alike, ${refused} of them refused, in ${seconds} s`);
} finally {
  for (const end of ends.reverse()) await end();
}
