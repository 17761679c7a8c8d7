import type { KeyText } from "../key-text.ts";
import type { Span } from "../span.ts";

interface Node<T> {
  readonly span: Span;
  readonly items: Set<T>;
  readonly priority: number;
  left: Node<T> | undefined;
  right: Node<T> | undefined;
  /** The greatest end in this subtree; undefined for no end. */
  to: KeyText | undefined;
}

/**
 * Items by spans of keys, for "whose spans hold this key?" without asking each: a treap in the order of the spans' beginnings, where
 * each node knows how far its subtree reaches. Items with equal spans share a node.
 */
export class SpanTree<T> {
  #root: Node<T> | undefined;
  #seed = 1;

  add(span: Span, item: T): void {
    this.#root = this.#insert(this.#root, span, item);
  }

  delete(span: Span, item: T): void {
    this.#root = remove(this.#root, span, item);
  }

  /** Whether `isOne` holds for any item whose span holds `key`. The tree must not be changed meanwhile. */
  someAt(key: KeyText, isOne: (item: T) => boolean): boolean {
    return someAt(this.#root, key, isOne);
  }

  /** Calls `visit` for every item whose span holds `key`. The tree must not be changed meanwhile. */
  forEachAt(key: KeyText, visit: (item: T) => void): void {
    visitAt(this.#root, key, visit);
  }

  #insert(node: Node<T> | undefined, span: Span, item: T): Node<T> {
    if (node === undefined) {
      return {
        span,
        items: new Set([item]),
        priority: this.#nextPriority(),
        left: undefined,
        right: undefined,
        to: span.to,
      };
    }
    const order = compareSpans(span, node.span);
    if (order === 0) {
      node.items.add(item);
      return node;
    }
    if (order < 0) {
      const left = this.#insert(node.left, span, item);
      node.left = left;
      if (left.priority > node.priority) {
        node.left = left.right;
        left.right = reach(node);
        return reach(left);
      }
    } else {
      const right = this.#insert(node.right, span, item);
      node.right = right;
      if (right.priority > node.priority) {
        node.right = right.left;
        right.left = reach(node);
        return reach(right);
      }
    }
    return reach(node);
  }

  /** xorshift: balance needs priorities that look random, and the simulator that they are the same in each run. */
  #nextPriority(): number {
    let seed = this.#seed;
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    this.#seed = seed;
    return seed;
  }
}

function compareSpans(left: Span, right: Span): number {
  if (left.from !== right.from) return left.from < right.from ? -1 : 1;
  if (left.to === right.to) return 0;
  if (left.to === undefined) return 1;
  return right.to !== undefined && left.to > right.to ? 1 : -1;
}

const later = (left: KeyText | undefined, right: KeyText | undefined): KeyText | undefined =>
  left === undefined || right === undefined ? undefined : left > right ? left : right;

function reach<T>(node: Node<T>): Node<T> {
  let { to } = node.span;
  if (node.left !== undefined) to = later(to, node.left.to);
  if (node.right !== undefined) to = later(to, node.right.to);
  node.to = to;
  return node;
}

function remove<T>(node: Node<T> | undefined, span: Span, item: T): Node<T> | undefined {
  if (node === undefined) return undefined;
  const order = compareSpans(span, node.span);
  if (order === 0) {
    node.items.delete(item);
    if (node.items.size === 0) return join(node.left, node.right);
    return node;
  }
  if (order < 0) node.left = remove(node.left, span, item);
  else node.right = remove(node.right, span, item);
  return reach(node);
}

/** Everything in `left` comes before everything in `right`. */
function join<T>(left: Node<T> | undefined, right: Node<T> | undefined): Node<T> | undefined {
  if (left === undefined) return right;
  if (right === undefined) return left;
  if (left.priority > right.priority) {
    left.right = join(left.right, right);
    return reach(left);
  }
  right.left = join(left, right.left);
  return reach(right);
}

function visitAt<T>(node: Node<T> | undefined, key: KeyText, visit: (item: T) => void): void {
  if (node === undefined || (node.to !== undefined && node.to <= key)) return;
  visitAt(node.left, key, visit);
  const { from, to } = node.span;
  if (from > key) return;
  if (to === undefined || key < to) for (const item of node.items) visit(item);
  visitAt(node.right, key, visit);
}

function someAt<T>(node: Node<T> | undefined, key: KeyText, isOne: (item: T) => boolean): boolean {
  if (node === undefined || (node.to !== undefined && node.to <= key)) return false;
  if (someAt(node.left, key, isOne)) return true;
  const { from, to } = node.span;
  if (from > key) return false;
  if (to === undefined || key < to) for (const item of node.items) if (isOne(item)) return true;
  return someAt(node.right, key, isOne);
}
