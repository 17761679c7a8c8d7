import assert from "node:assert/strict";
import { test } from "node:test";
import { questions } from "../src/drill/library.ts";
import { stories } from "../src/stories/library.ts";

test("the drill has at least twelve questions, each with one right answer and a counterexample that runs", () => {
  assert.ok(questions.length >= 12, `${questions.length}`);
  assert.equal(new Set(questions.map(({ name }) => name)).size, questions.length);
  for (const { name, options, story } of questions) {
    assert.equal(options.filter(({ isRight }) => isRight).length, 1, `${name}: one option is right`);
    assert.ok(options.length >= 3, `${name}: there is something to choose from`);
    assert.ok(
      options.every(({ why }) => why.length > 30),
      `${name}: each option says why`,
    );
    assert.ok(
      stories.some((one) => one.name === story),
      `${name}: "${story}" is a comparison`,
    );
  }
});
