/** Placeholder of the type until the core lands in the next commit. */
export interface Rules {
  readonly name: string;
}
