import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { partitionRisk, PlannerError, uniformLinks, type Network, type PartitionRisk } from "../src/index.ts";
import { close } from "./random.ts";

/** Every combination of nodes and links that are up or down, one by one. */
function byTryingAll({ voters, linkDown, nodeDown }: Network, q: number): PartitionRisk {
  const nodes = voters.length;
  const links = voters.flatMap((_, to) => Array.from({ length: to }, (_unused, from) => [from, to] as const));
  const total = [0, 0, 0];
  for (let up = 0; up < 1 << nodes; up += 1) {
    const chanceOfNodes = voters.reduce((product, _, node) => {
      const down = nodeDown?.[node] ?? 0;
      return product * ((up >> node) & 1 ? 1 - down : down);
    }, 1);
    if (chanceOfNodes === 0) continue;
    for (let state = 0; state < 1 << links.length; state += 1) {
      let chance = chanceOfNodes;
      const part = voters.map((_, node) => node);
      for (const [at, [from, to]] of links.entries()) {
        const works = ((state >> at) & 1) === 1;
        const down = (linkDown[from] as readonly number[])[to] as number;
        chance *= works ? 1 - down : down;
        if (!works || !((up >> from) & 1) || !((up >> to) & 1)) continue;
        const [keep, drop] = [part[from], part[to]];
        for (const node of part.keys()) if (part[node] === drop) part[node] = keep as number;
      }
      const sizes = voters.map((_, root) =>
        voters.reduce((sum, count, node) => sum + (part[node] === root && (up >> node) & 1 ? count : 0), 0),
      );
      const quorums = Math.min(2, sizes.filter((size) => size >= q).length);
      total[quorums] = (total[quorums] as number) + chance;
    }
  }
  const [none = 0, one = 0, two = 0] = total;
  return { none, one, two };
}

const probability = fc.double({ min: 0, max: 1, noNaN: true });

test("the risk of a partition is what trying every combination of links and zones gives", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }).chain((nodes) =>
        fc.record({
          voters: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: nodes, maxLength: nodes }),
          table: fc.array(fc.array(probability, { minLength: nodes, maxLength: nodes }), {
            minLength: nodes,
            maxLength: nodes,
          }),
          nodeDown: fc.array(probability, { minLength: nodes, maxLength: nodes }),
        }),
      ),
      fc.nat(),
      ({ voters, table, nodeDown }, draw) => {
        const all = voters.reduce((sum, count) => sum + count, 0);
        const q = 1 + (draw % Math.max(1, all));
        const linkDown = table.map((row, from) => row.map((down, to) => (from < to ? down : (table[to]?.[from] ?? 0))));
        const network = { voters, linkDown, nodeDown };
        const exact = partitionRisk(network, q);
        const tried = byTryingAll(network, q);
        for (const key of ["none", "one", "two"] as const) assert.ok(Math.abs(exact[key] - tried[key]) < 1e-12);
      },
    ),
    { numRuns: 60 },
  );
});

test("six members with a quorum of three are split by links that fail, as all 2^15 combinations of them say; with four, never", () => {
  const voters = Array<number>(6).fill(1);
  const network = { voters, linkDown: uniformLinks(6, 0.3) };
  const wrong = partitionRisk(network, 3);
  close(wrong.two, byTryingAll(network, 3).two, 1e-9);
  assert.ok(wrong.two > 0);
  assert.equal(partitionRisk(network, 4).two, 0);
});

test("three pairs of members in zones whose links fail: a quorum of three never finds two halves, one of two does", () => {
  const network = { voters: [2, 2, 2], linkDown: uniformLinks(3, 0.1) };
  // Apart, zones hold two each: a quorum of three needs two zones that reach each other, and then one is left.
  assert.equal(partitionRisk(network, 3).two, 0);
  close(partitionRisk(network, 3).none, 0.1 ** 3, 1e-12);
  // At least two parts: fewer than two of the three links work.
  close(partitionRisk(network, 2).two, 0.1 ** 3 + 3 * 0.1 ** 2 * 0.9, 1e-12);
});

test("links that never fail and links that always do", () => {
  const voters = Array<number>(5).fill(1);
  assert.deepEqual(partitionRisk({ voters, linkDown: uniformLinks(5, 0) }, 3), { two: 0, one: 1, none: 0 });
  assert.deepEqual(partitionRisk({ voters, linkDown: uniformLinks(5, 1) }, 3), { two: 0, one: 0, none: 1 });
  assert.deepEqual(partitionRisk({ voters, linkDown: uniformLinks(5, 1) }, 1), { two: 1, one: 0, none: 0 });
});

test("thirteen members are counted, more are refused, and so are tables that are none", () => {
  const thirteen = partitionRisk({ voters: Array<number>(13).fill(1), linkDown: uniformLinks(13, 0.5) }, 7);
  close(thirteen.none + thirteen.one, 1, 1e-9);
  const wrong: readonly (readonly [Network, RegExp])[] = [
    [{ voters: Array<number>(14).fill(1), linkDown: uniformLinks(14, 0) }, /from 1 to 13, not 14/],
    [{ voters: [1, 1], linkDown: [[0, 0.5]] }, /2 rows of 2/],
    [
      {
        voters: [1, 1],
        linkDown: [
          [0, 2],
          [2, 0],
        ],
      },
      /number from 0 to 1, not 2/,
    ],
    [
      {
        voters: [1, 1],
        linkDown: [
          [0, 0.2],
          [0.3, 0],
        ],
      },
      /two probabilities/,
    ],
    [{ voters: [1, 1], linkDown: uniformLinks(2, 0), nodeDown: [0] }, /2 nodes, but 1/],
  ];
  for (const [network, says] of wrong) {
    assert.throws(
      () => partitionRisk(network, 1),
      (error) => error instanceof PlannerError && says.test(error.message),
    );
  }
});
