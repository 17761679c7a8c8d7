import { endOfString, huffmanCodes, huffmanLengths } from "./huffman-code.ts";

/**
 * A machine that takes four bits at a time. No code is shorter than five bits, so a step ends at most one symbol. A state is
 * an inner node of the code's tree; an entry is the next state, with the symbol and flags beside it.
 */
const symbolEnded = 1 << 16;
const impossible = 1 << 17;
const { steps, mayEnd } = build();

/**
 * Decodes `source[start, end)` into `target` from its beginning; returns how many bytes, or -1 where it is no code: an
 * end-of-string symbol, padding of 8 bits or more, or padding that is not all ones (RFC 7541 §5.2). `target` must hold
 * `maxDecodedLength(end - start)` bytes.
 */
export function huffmanDecode(source: Uint8Array, start: number, end: number, target: Uint8Array): number {
  let state = 0;
  let length = 0;
  for (let at = start; at < end; at++) {
    const byte = source[at] as number;
    let step = steps[(state << 4) | (byte >> 4)] as number;
    if ((step & impossible) !== 0) return -1;
    if ((step & symbolEnded) !== 0) target[length++] = step >>> 24;
    state = step & 0xffff;
    step = steps[(state << 4) | (byte & 15)] as number;
    if ((step & impossible) !== 0) return -1;
    if ((step & symbolEnded) !== 0) target[length++] = step >>> 24;
    state = step & 0xffff;
  }
  return mayEnd[state] === 1 ? length : -1;
}

/** The shortest code has five bits. */
export function maxDecodedLength(encodedLength: number): number {
  return Math.floor((encodedLength * 8) / 5);
}

function build(): { readonly steps: Uint32Array; readonly mayEnd: Uint8Array } {
  // Children of each inner node: another inner node, or -1 - symbol.
  const nodes: [number, number][] = [[0, 0]];
  for (let symbol = 0; symbol <= endOfString; symbol++) {
    let node = 0;
    const bits = huffmanLengths[symbol] as number;
    for (let left = bits - 1; left >= 0; left--) {
      const bit = ((huffmanCodes[symbol] as number) >>> left) & 1;
      const children = nodes[node] as [number, number];
      if (left === 0) children[bit] = -1 - symbol;
      else if (children[bit] === 0) node = children[bit] = nodes.push([0, 0]) - 1;
      else node = children[bit] as number;
    }
  }
  const table = new Uint32Array(nodes.length << 4);
  for (let state = 0; state < nodes.length; state++) {
    for (let nibble = 0; nibble < 16; nibble++) table[(state << 4) | nibble] = stepOf(nodes, state, nibble);
  }
  const ends = new Uint8Array(nodes.length);
  let node = 0;
  for (let depth = 0; depth < 8; depth++) {
    ends[node] = 1;
    node = (nodes[node] as [number, number])[1];
  }
  return { steps: table, mayEnd: ends };
}

function stepOf(nodes: readonly (readonly [number, number])[], state: number, nibble: number): number {
  let node = state;
  let ended = 0;
  for (let left = 3; left >= 0; left--) {
    const child = nodes[node]?.[((nibble >> left) & 1) as 0 | 1] as number;
    if (child >= 0) {
      node = child;
      continue;
    }
    const symbol = -1 - child;
    if (symbol === endOfString) return impossible;
    ended = (symbol << 24) | symbolEnded;
    node = 0;
  }
  return (ended | node) >>> 0;
}
