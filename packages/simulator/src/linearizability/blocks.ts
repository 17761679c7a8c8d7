import type { RegisterOperation } from "./register-history.ts";

/**
 * What must follow one another without anything between: a write, the reads that met it, the compare-and-set that met it,
 * the reads that met that, and so on. Where every state is written once at most, each operation belongs to one block.
 */
export interface Block {
  /** In an order that the register accepts. */
  readonly operations: readonly RegisterOperation[];
  /** The one that returns first, and the one that is called last; none in the block of the initial state before its first. */
  readonly firstReturn: RegisterOperation | undefined;
  readonly lastCall: RegisterOperation | undefined;
  /** When they do; the initial state was there before all time. */
  readonly from: number;
  readonly to: number;
}

/** Operations that contradict each other, and how. */
export interface Contradiction {
  readonly kind: ContradictionKind;
  readonly operations: readonly RegisterOperation[];
}

/**
 * - `never-written`: a state was met that nothing wrote.
 * - `met-twice`: two compare-and-sets took the same state away.
 * - `circle`: compare-and-sets each met the state that the other left.
 * - `met-too-early`: a state was met by an operation that returned before what led to that state was called.
 * - `torn-apart`: two blocks, each of which would have to come between the other's operations.
 */
export type ContradictionKind = "never-written" | "met-twice" | "circle" | "met-too-early" | "torn-apart";

export type Blocks = { readonly blocks: readonly Block[] } | { readonly contradiction: Contradiction };

/** Groups operations into blocks. All of them happened. */
export function blocksOf(operations: readonly RegisterOperation[], states: number): Blocks {
  const writer: (RegisterOperation | undefined)[] = Array.from({ length: states });
  for (const operation of operations) if (operation.leaves >= 0) writer[operation.leaves] = operation;
  const taker: (RegisterOperation | undefined)[] = Array.from({ length: states });
  const readers: (RegisterOperation[] | undefined)[] = Array.from({ length: states });
  for (const operation of operations) {
    const { meets, leaves } = operation;
    if (meets < 0) continue;
    if (meets > 0 && writer[meets] === undefined) return contradiction("never-written", [operation]);
    if (leaves < 0) {
      (readers[meets] ??= []).push(operation);
      continue;
    }
    const other = taker[meets];
    if (other !== undefined) return contradiction("met-twice", [...present(writer[meets]), other, operation]);
    taker[meets] = operation;
  }

  const blocks: Block[] = [];
  let placed = 0;
  for (const root of [undefined, ...operations.filter(({ meets, leaves }) => meets < 0 && leaves >= 0)]) {
    const { chain, phases } = chainFrom(root, readers, taker);
    const early = metTooEarly(chain, phases);
    if (early !== undefined) return contradiction("met-too-early", early);
    blocks.push(blockOf(chain, root === undefined));
    placed += chain.length;
  }
  if (placed < operations.length) return contradiction("circle", circle(operations, blocks, writer));
  return { blocks };
}

/** A block's operations, and for each a number that grows whenever those before must come before it. */
function chainFrom(
  root: RegisterOperation | undefined,
  readers: readonly (readonly RegisterOperation[] | undefined)[],
  taker: readonly (RegisterOperation | undefined)[],
) {
  const chain: RegisterOperation[] = [];
  const phases: number[] = [];
  let phase = 0;
  for (let writer = root; ; ) {
    if (writer !== undefined) {
      chain.push(writer);
      phases.push(phase++);
    }
    const state = writer?.leaves ?? 0;
    for (const reader of readers[state] ?? []) {
      chain.push(reader);
      phases.push(phase);
    }
    phase++;
    writer = taker[state];
    if (writer === undefined) return { chain, phases };
  }
}

function contradiction(kind: ContradictionKind, operations: readonly RegisterOperation[]): Blocks {
  return { contradiction: { kind, operations } };
}

function present<Item>(item: Item | undefined): Item[] {
  return item === undefined ? [] : [item];
}

/** What must come before something that returned before it was called, with the writes from the one to the other. */
function metTooEarly(chain: readonly RegisterOperation[], phases: readonly number[]): RegisterOperation[] | undefined {
  let latest = -1;
  for (let at = 0, phaseBegin = 0; at < chain.length; at++) {
    if (at > 0 && phases[at] !== phases[at - 1]) {
      for (; phaseBegin < at; phaseBegin++) {
        const { call } = chain[phaseBegin] as RegisterOperation;
        if (latest === -1 || call > (chain[latest] as RegisterOperation).call) latest = phaseBegin;
      }
    }
    if (latest === -1 || (chain[latest] as RegisterOperation).call <= (chain[at] as RegisterOperation).return) continue;
    return linked(chain, latest, at);
  }
  return undefined;
}

/** Two operations of a block, and the writes that link them. */
export function linked(chain: readonly RegisterOperation[], from: number, to: number): RegisterOperation[] {
  let begin = from;
  while (begin > 0 && (chain[begin] as RegisterOperation).leaves < 0) begin--;
  return chain.slice(begin, to + 1).filter(({ leaves }, at) => leaves >= 0 || begin + at === from || begin + at === to);
}

function blockOf(operations: readonly RegisterOperation[], initial: boolean): Block {
  let firstReturn = operations[0];
  let lastCall = operations[0];
  for (const operation of operations) {
    if (firstReturn === undefined || operation.return < firstReturn.return) firstReturn = operation;
    if (lastCall === undefined || operation.call > lastCall.call) lastCall = operation;
  }
  return {
    operations,
    firstReturn,
    lastCall,
    from: initial ? -Infinity : (firstReturn?.return ?? -Infinity),
    to: lastCall?.call ?? -Infinity,
  };
}

/** Something that happened, and what it rests on, back to where that closes into a circle. */
function circle(
  operations: readonly RegisterOperation[],
  blocks: readonly Block[],
  writer: readonly (RegisterOperation | undefined)[],
): RegisterOperation[] {
  const placed = new Set(blocks.flatMap((block) => block.operations));
  const first = operations.find((operation) => !placed.has(operation));
  const found = new Set<RegisterOperation>();
  for (let at = first; at !== undefined && !found.has(at); at = writer[at.meets]) found.add(at);
  return [...found];
}
