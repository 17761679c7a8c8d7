import { PlannerError, requireInteger, requireProbability } from "./planner-error.ts";
import { mostMembers } from "./quorum.ts";

/** 3^n steps: half a second at 13. */
export const mostNodes = 13;

/** Members, or zones of members whose links to each other do not fail. */
export interface Network {
  /** Voters at each node. */
  readonly voters: readonly number[];
  /** The probability that the link between two nodes is down: symmetric; the diagonal is not read. */
  readonly linkDown: readonly (readonly number[])[];
  /** The probability that a node is down with all its voters; 0 for each when it is left out. */
  readonly nodeDown?: readonly number[];
}

/** Probabilities, which add up to 1. */
export interface PartitionRisk {
  /** At least two parts that cannot reach each other hold a quorum each. Always 0 for a safe quorum. */
  readonly two: number;
  readonly one: number;
  /** No part holds a quorum. */
  readonly none: number;
}

/**
 * How likely it is, at a moment, that failures of links and nodes, each independent, leave two quorums, one or none. A
 * quorum is `q` voters that reach each other, over others where need be.
 *
 * Exact, by the recursion over the part that holds a given node (Gilbert 1959, "Random graphs", generalised to unequal
 * links): a set S is connected unless the part T of its first node is smaller, so
 *   connected(S) = 1 - sum over T in S, first(S) in T, T != S, of connected(T) * cut(T, S - T),
 * where cut is the product of linkDown between the two; and the parts of S are, for each T again, T and the parts of S - T.
 * That takes 3^n steps where trying every combination of links would take 2^(n(n-1)/2).
 * Throws `PlannerError` when the network is not one, or has more than 13 nodes.
 */
export function partitionRisk(network: Network, q: number): PartitionRisk {
  requireNetwork(network, q);
  const { voters, nodeDown } = network;
  const size = 1 << voters.length;
  const cuts = new Cuts(network);
  const weight = subsetSums(voters);
  const connected = new Float64Array(size);
  // How likely the nodes of a set, all of them up, fall into parts of which none, one, or more hold a quorum.
  const outcomes = [new Float64Array(size), new Float64Array(size), new Float64Array(size)] as const;
  outcomes[0][0] = 1;
  for (let set = 1; set < size; set += 1) {
    const first = set & -set;
    const others = set ^ first;
    let apart = 0;
    for (let rest = others; rest !== 0; rest = (rest - 1) & others) {
      const chance = (connected[set ^ rest] as number) * cuts.between(set ^ rest, rest);
      apart += chance;
      addPart(outcomes, set, rest, chance, (weight[set ^ rest] as number) >= q);
    }
    const whole = Math.max(0, 1 - apart);
    connected[set] = whole;
    addPart(outcomes, set, 0, whole, (weight[set] as number) >= q);
  }
  const total = [0, 0, 0];
  for (let up = 0; up < size; up += 1) {
    const chance = voters.reduce((product, _, node) => {
      const down = nodeDown?.[node] ?? 0;
      return product * ((up & (1 << node)) === 0 ? down : 1 - down);
    }, 1);
    if (chance === 0) continue;
    for (const [at, outcome] of outcomes.entries())
      total[at] = (total[at] as number) + chance * (outcome[up] as number);
  }
  const [none = 0, one = 0, two = 0] = total;
  return { two, one, none };
}

/** The same failure probability for every link. */
export function uniformLinks(nodes: number, down: number): number[][] {
  return Array.from({ length: nodes }, () => Array<number>(nodes).fill(down));
}

function addPart(
  outcomes: readonly Float64Array[],
  set: number,
  rest: number,
  chance: number,
  holdsQuorum: boolean,
): void {
  for (const [at, outcome] of outcomes.entries()) {
    const target = outcomes[Math.min(2, at + (holdsQuorum ? 1 : 0))] as Float64Array;
    target[set] = (target[set] as number) + chance * (outcome[rest] as number);
  }
}

/** The product of `linkDown` over all links between two disjoint sets. */
class Cuts {
  /** For a node and a set, the product over the node's links into the set. */
  readonly #from: readonly Float64Array[];

  constructor({ voters, linkDown }: Network) {
    const size = 1 << voters.length;
    this.#from = voters.map((_, node) => {
      const products = new Float64Array(size).fill(1);
      for (let set = 1; set < size; set += 1) {
        const lowest = 31 - Math.clz32(set & -set);
        const link = lowest === node ? 1 : ((linkDown[node] as readonly number[])[lowest] as number);
        products[set] = (products[set & (set - 1)] as number) * link;
      }
      return products;
    });
  }

  between(left: number, right: number): number {
    let product = 1;
    for (let rest = left; rest !== 0; rest &= rest - 1) {
      product *= (this.#from[31 - Math.clz32(rest & -rest)] as Float64Array)[right] as number;
    }
    return product;
  }
}

function subsetSums(values: readonly number[]): Float64Array {
  const sums = new Float64Array(1 << values.length);
  for (let set = 1; set < sums.length; set += 1) {
    sums[set] = (sums[set & (set - 1)] as number) + (values[31 - Math.clz32(set & -set)] as number);
  }
  return sums;
}

function requireNetwork({ voters, linkDown, nodeDown }: Network, q: number): void {
  const nodes = voters.length;
  requireInteger("The number of nodes (members, or zones)", nodes, 1, mostNodes);
  for (const count of voters) requireInteger("The number of voters at a node", count, 0, mostMembers);
  const total = voters.reduce((sum, count) => sum + count, 0);
  requireInteger(`The quorum of ${total} voters`, q, 1, Math.max(1, total));
  if (linkDown.length !== nodes || linkDown.some((row) => row.length !== nodes)) {
    throw new PlannerError(`The table of links has ${nodes} rows of ${nodes} probabilities, one for each node.`);
  }
  for (const [from, row] of linkDown.entries()) {
    for (const [to, down] of row.entries()) {
      if (from === to) continue;
      requireProbability("A link's probability to be down", down);
      if (linkDown[to]?.[from] !== down) {
        throw new PlannerError(`The link between nodes ${from} and ${to} has two probabilities; a link has one.`);
      }
    }
  }
  if (nodeDown === undefined) return;
  if (nodeDown.length !== nodes)
    throw new PlannerError(`There are ${nodes} nodes, but ${nodeDown.length} probabilities.`);
  for (const down of nodeDown) requireProbability("A node's probability to be down", down);
}
