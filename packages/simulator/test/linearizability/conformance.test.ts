import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  checkLinearizable,
  parseJepsenLog,
  parseStringKeyValueLog,
  registerModel,
  stringKeyValueModel,
} from "../../src/linearizability/index.ts";

/** Histories with verdicts that others found, kept outside the project: QUORATE_CONFORMANCE names their folder. */
const repository = resolve(dirname(fileURLToPath(import.meta.url)), "../../../..");
const folder = join(process.env["QUORATE_CONFORMANCE"] ?? resolve(repository, "../shared/conformance"), "porcupine");
const missing = !existsSync(folder);

if (missing) {
  console.error(`SKIPPED: no histories with known verdicts at ${folder}; set QUORATE_CONFORMANCE to its folder`);
}

function check(name: string) {
  const text = readFileSync(join(folder, name), "utf8");
  return name.startsWith("jepsen/")
    ? checkLinearizable(registerModel(), parseJepsenLog(text))
    : checkLinearizable(stringKeyValueModel(), parseStringKeyValueLog(text));
}

test("every verdict of the public histories is reproduced, within bounded time and memory", { skip: missing }, () => {
  const { verdicts } = JSON.parse(readFileSync(join(folder, "verdicts.json"), "utf8")) as {
    verdicts: Record<string, boolean>;
  };
  assert.equal(Object.keys(verdicts).length, 56);
  const begun = performance.now();
  let configurations = 0;
  for (const [name, linearizable] of Object.entries(verdicts)) {
    const { verdict, partitions } = check(name);
    assert.equal(verdict, linearizable ? "linearizable" : "not-linearizable", name);
    configurations = Math.max(configurations, ...partitions.map((partition) => partition.configurations));
  }
  assert.ok(performance.now() - begun < 5000, "about a second is expected");
  assert.ok(configurations < 200_000, `${configurations} configurations for one partition`);
});
