import type { Fact } from "./fact.ts";

/** What a phrase may ask of the line that it stands in. */
export interface PhraseContext {
  readonly message: string;
  readonly field: (name: string) => string | undefined;
}

export interface Phrase {
  /** Words that each such message holds: looked for first, in all phrases at once. */
  readonly needs: string;
  readonly pattern?: RegExp;
  /** Undefined, where on a closer look it means nothing. */
  readonly fact: (match: RegExpExecArray, context: PhraseContext) => Fact | readonly Fact[] | undefined;
}

/** What the messages of a system mean. */
export class Phrasebook {
  readonly #phrases: readonly Phrase[];
  readonly #interesting: RegExp;

  constructor(phrases: readonly Phrase[]) {
    this.#phrases = phrases;
    const needs = new Set(phrases.map((phrase) => phrase.needs.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")));
    this.#interesting = new RegExp([...needs].join("|"));
  }

  /** Quick, and wrong only in that it says yes too often. */
  mayMean(message: string): boolean {
    return this.#interesting.test(message);
  }

  facts(context: PhraseContext): readonly Fact[] {
    for (const { needs, pattern, fact } of this.#phrases) {
      if (!context.message.includes(needs)) continue;
      const match = (pattern ?? anything).exec(context.message);
      if (match === null) continue;
      const found = fact(match, context);
      if (found !== undefined) return Array.isArray(found) ? (found as readonly Fact[]) : [found as Fact];
    }
    return [];
  }
}

const anything = /^/;
