import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkLinearizable,
  drawCounterexample,
  explainCounterexample,
  figureOf,
  keyValueModel,
} from "../../src/linearizability/index.ts";
import type { KeyValueInput, KeyValueOutput, Operation } from "../../src/linearizability/index.ts";

type KeyOperation = Operation<KeyValueInput, KeyValueOutput>;

const put = (process: number, call: number, end: number | undefined, value: string): KeyOperation => ({
  process,
  call,
  return: end,
  input: { kind: "put", key: "k<1>", value },
  output: undefined,
});
const get = (process: number, call: number, end: number, value: string | null): KeyOperation => ({
  process,
  call,
  return: end,
  input: { kind: "get", key: "k<1>" },
  output: { value },
});

function draw(history: readonly KeyOperation[]) {
  const model = keyValueModel();
  const [partition] = checkLinearizable(model, history).partitions;
  assert.ok(partition !== undefined);
  return {
    svg: drawCounterexample(model, history, partition),
    figure: figureOf(model, history, partition, "p0"),
    sentences: explainCounterexample(model, history, partition),
  };
}

const staleRead = [
  put(1, 0, 10, "v1"),
  put(1, 20, 30, "v2"),
  get(2, 24, 28, "v2"),
  put(3, 25, undefined, "\u0000&"),
  get(2, 40, 50, "v1"),
];

test("a stale read is drawn: lanes, numbers along the order, the read in red", () => {
  const { svg = "" } = draw(staleRead);
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  for (const client of [1, 2, 3]) assert.ok(svg.includes(`>client ${client}</text>`));
  assert.equal([...svg.matchAll(/<rect class="q-blocked"/g)].length, 1);
  assert.match(svg, /number 3 of the order/);
  assert.ok(
    svg.includes("k&lt;1&gt;") && svg.includes("put \ufffd&amp;"),
    "what XML cannot hold is escaped or replaced",
  );
});

test("the state along the order stands above the read that does not agree with it", () => {
  const { svg = "" } = draw(staleRead);
  const states = [...svg.matchAll(/<text class="q-state-text" [^>]*>([^<]*)</g)].map(([, text]) => text);
  assert.deepEqual(states, ["", "v1", "v2"], "nothing fits before the first write");
});

test("who cannot see it is told the same, in a title, a description and a table", () => {
  const { svg = "", figure = "", sentences } = draw(staleRead);
  for (const text of [svg, figure]) {
    assert.match(text, /role="img" aria-labelledby="[\w-]+ [\w-]+"/);
    assert.match(text, /<desc id="[\w-]+">[^<]*no place for|<desc id="[\w-]+">No order has a place/i);
  }
  assert.match(figure, /tabindex="0" role="region" aria-label="Chart of Not linearizable/);
  assert.match(
    figure,
    /<td>client 2<\/td><td>get v1<\/td><td>40<\/td><td>50<\/td><td>fits nowhere, contradicts others<\/td>/,
  );
  for (const sentence of sentences.slice(2)) assert.ok(figure.includes(`<p>${sentence}</p>`));
});

test("only colours that something has are explained", () => {
  const { svg = "" } = draw([put(1, 0, 1, "a"), get(2, 2, 3, "b")]);
  assert.ok(!svg.includes("no answer: at any time"));
  assert.ok(draw(staleRead).svg?.includes("no answer: at any time"));
});

test("a stale read is explained: what has no place, and what contradicts what", () => {
  const { sentences } = draw(staleRead);
  assert.match(sentences[0] ?? "", /no place for client 2's “get v1” \(from 40, until 50\)|place for client 2/i);
  assert.match(sentences[1] ?? "", /found after it had been replaced.*put v1.*put v2/);
  assert.match(sentences[2] ?? "", /3 operations; the state after it is v2/);
});

test("numbers rise from left to right, and each stands within its operation", () => {
  const { svg = "" } = draw(staleRead);
  const dots = [...svg.matchAll(/<text class="q-number" x="([\d.]+)"[^>]*>(\d+)</g)].map(
    ([, x, number]) => [Number(number), Number(x)] as const,
  );
  dots.sort(([a], [b]) => a - b);
  assert.deepEqual(
    dots.map(([number]) => number),
    [1, 2, 3],
  );
  assert.ok(dots.every(([, x], at) => at === 0 || x > (dots[at - 1]?.[1] ?? 0)));
});

test("a value that nothing wrote is said to be so", () => {
  assert.match(draw([put(1, 0, 1, "a"), get(2, 2, 3, "b")]).sentences[1] ?? "", /nothing had written/);
});

test("a long history is drawn as the window that matters", () => {
  const history = Array.from({ length: 3000 }, (_, at) => put(at % 7, at * 10, at * 10 + 5, `v${at}`));
  const { svg = "" } = draw([...history, get(9, 30_000, 30_001, "v7")]);
  assert.ok(svg.length < 40_000, `${svg.length} characters`);
});

test("there is nothing to draw for what is linearizable", () => {
  assert.deepEqual(draw(staleRead.slice(0, 4)), { svg: undefined, figure: undefined, sentences: [] });
});
