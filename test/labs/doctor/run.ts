// `npm run doctor:fixtures [-- STATE...]`: drives etcd into each state, and keeps the members' logs as fixtures of the doctor.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EtcdLab } from "./etcd-lab.ts";
import { states, type EtcdState } from "./states.ts";
import { trimLog } from "./trim-log.ts";

const folder = fileURLToPath(new URL("../../../packages/doctor/test/fixtures/etcd-3.4", import.meta.url));
const wanted = process.argv.slice(2);
const chosen = states.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
if (chosen.length === 0) {
  console.error(`There is no such state. There are: ${states.map(({ name }) => name).join(", ")}.`);
  process.exitCode = 2;
}
for (const state of chosen) await keep(state);
writeFileSync(
  join(folder, "states.json"),
  `${JSON.stringify(
    states.map(({ name, how, finds }) => ({ name, how, finds })),
    undefined,
    2,
  )}\n`,
);

async function keep(state: EtcdState): Promise<void> {
  const lab = await EtcdLab.open(state.options);
  try {
    await state.drive(lab);
    const place = join(folder, state.name);
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    for (let at = 0; at < state.options.members; at++) {
      writeFileSync(join(place, `m${at + 1}.log`), trimLog(lab.log(at), lab.folder));
    }
    console.log(`${state.name}: kept`);
  } finally {
    await lab.destroy();
  }
}
