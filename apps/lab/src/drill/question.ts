/** A piece of code or of a log, and what to make of it. */
export interface Question {
  readonly name: string;
  readonly title: string;
  readonly asks: string;
  /** TypeScript, or lines of a log. */
  readonly excerpt: string;
  readonly options: readonly Option[];
  /** The comparison in which the counterexample runs. */
  readonly story: string;
}

export interface Option {
  readonly text: string;
  readonly isRight: boolean;
  /** Shown once it is chosen, right or wrong. */
  readonly why: string;
}
