import type { Recorded } from "./operations.ts";

/** One answered request, and at which positions of the record it was asked and answered. */
export interface Answer {
  readonly id: number;
  readonly revision: number;
  readonly askedAt: number;
  readonly answeredAt: number;
}

/** What the clients of a recording asked and were told. A position counts the moments that have passed. */
export class Acknowledgements {
  /** In the order of revisions. */
  readonly all: readonly Answer[];
  readonly #byTime: readonly Answer[];
  readonly #askedAt: readonly number[];

  constructor({ operations, moments }: Recorded) {
    const asked = new Map<number, number>();
    const answers: Answer[] = [];
    for (const [position, moment] of moments.entries()) {
      const operation = operations[moment >> 1];
      if (operation?.kind === "ask") asked.set(operation.id, position);
      if (operation?.kind !== "acknowledged") continue;
      const { id, revision } = operation;
      const askedAt = asked.get(id);
      if (askedAt === undefined) throw new Error(`request ${id} was answered and never asked`);
      answers.push({ id, revision, askedAt, answeredAt: position });
    }
    this.#byTime = answers;
    this.all = answers.toSorted((a, b) => a.revision - b.revision);
    this.#askedAt = [...asked.values()].sort((a, b) => a - b);
  }

  /** Everything that was answered before a position. */
  before(position: number): readonly Answer[] {
    const end = this.#byTime.findIndex(({ answeredAt }) => answeredAt >= position);
    return end < 0 ? this.#byTime : this.#byTime.slice(0, end);
  }

  /** How many requests were asked before a position. */
  askedBefore(position: number): number {
    const end = this.#askedAt.findIndex((at) => at >= position);
    return end < 0 ? this.#askedAt.length : end;
  }

  /** Requests that were not even asked at a position, and whose revision is not beyond `revision`. */
  tooEarly(position: number, revision: number): readonly Answer[] {
    return this.all.filter((answer) => answer.revision <= revision && answer.askedAt >= position);
  }
}
