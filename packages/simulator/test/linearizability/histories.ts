import fc from "fast-check";
import { rejected } from "../../src/linearizability/index.ts";
import type {
  Model,
  Operation,
  RegisterInput,
  RegisterOutput,
  RegisterValue,
} from "../../src/linearizability/index.ts";

export type RegisterOperation = Operation<RegisterInput, RegisterOutput>;

interface Shape {
  readonly operations: number;
  readonly clients: number;
  /** Values are drawn from 0 to `values` - 1; with "unique", nothing is written twice. */
  readonly values: number | "unique";
  readonly cas: boolean;
}

/**
 * Histories of a register that really was one: each operation takes effect at one instant, and what has no outcome may have
 * taken effect at any time after its call, or never.
 */
export function realHistories<State, Input, Output>(
  model: Model<State, Input, Output>,
  inputs: fc.Arbitrary<readonly Input[]>,
  answer: (state: State, input: Input) => Output | undefined,
  clients: number,
): fc.Arbitrary<Operation<Input, Output>[]> {
  const timing = fc.record({
    pause: fc.integer({ min: 0, max: 6 }),
    lasts: fc.integer({ min: 0, max: 12 }),
    instant: fc.integer({ min: 0, max: 100 }),
    outcome: fc.constantFrom("known", "known", "known", "known", "late", "never"),
  });
  return inputs.chain((given) =>
    fc.array(timing, { minLength: given.length, maxLength: given.length }).map((timings) => {
      const free = Array.from({ length: clients }, () => 0);
      let names = clients;
      const drafts = given.map((input, at) => {
        const { pause, lasts, instant, outcome } = timings[at] as (typeof timings)[number];
        const client = at % clients;
        const call = (free[client] as number) + pause;
        const open = outcome !== "known";
        free[client] = call + lasts + 1;
        return {
          process: open ? names++ : client,
          call,
          return: open ? undefined : call + lasts,
          instant: call + (open ? instant : (lasts * instant) / 100),
          happens: outcome !== "never",
          input,
        };
      });
      const states = new Map<string, State>();
      const history: Operation<Input, Output>[] = [];
      for (const { happens, instant: _, ...operation } of drafts.sort((a, b) => a.instant - b.instant)) {
        const key = model.partition?.(operation.input) ?? "";
        const state = states.has(key) ? (states.get(key) as State) : model.init(key);
        const output = operation.return === undefined ? undefined : answer(state, operation.input);
        const next = model.step(state, operation.input, output);
        if (next === rejected) throw new Error("A sequential run was rejected.");
        if (happens) states.set(key, next);
        history.push({ ...operation, output });
      }
      return history.sort((a, b) => a.call - b.call);
    }),
  );
}

/** Calls on a register. */
export function registerInputs({ operations, values, cas }: Omit<Shape, "clients">): fc.Arbitrary<RegisterInput[]> {
  const value = fc.integer({ min: 0, max: values === "unique" ? operations : values - 1 });
  const kind = fc.constantFrom("read" as const, "read" as const, "write" as const, cas ? ("cas" as const) : "write");
  return fc.array(fc.tuple(kind, value, value), { minLength: 1, maxLength: operations }).map((calls) =>
    calls.map(([kind, a, b], at): RegisterInput => {
      const fresh = values === "unique" ? 1000 + at : b;
      // What was written by an earlier call is a good guess at what the register holds.
      const guess = values === "unique" ? (a % 3 === 0 ? null : 1000 + Math.max(0, at - 1 - (a % 4))) : a;
      if (kind === "read") return { kind };
      return kind === "write" ? { kind, value: fresh } : { kind, from: guess, to: fresh };
    }),
  );
}

export function registerAnswer(state: RegisterValue, input: RegisterInput): RegisterOutput | undefined {
  if (input.kind === "write") return undefined;
  return input.kind === "read" ? { value: state } : { swapped: state === input.from };
}

/** Small histories of anything, most of them not linearizable: times with ties, outputs at will. */
export function anyRegisterHistories(shape: Omit<Shape, "clients">): fc.Arbitrary<RegisterOperation[]> {
  return registerInputs(shape).chain((inputs) =>
    fc.tuple(
      ...inputs.map((input, process) =>
        fc
          .record({
            call: fc.integer({ min: 0, max: 10 }),
            lasts: fc.option(fc.integer({ min: 0, max: 6 }), { freq: 4, nil: undefined }),
            told: fc.integer({ min: 0, max: 4 }),
            swapped: fc.boolean(),
            value: fc.nat(inputs.length),
          })
          .map(({ call, lasts, told, swapped, value }): RegisterOperation => {
            const written = inputs[value];
            const seen =
              written === undefined || written.kind === "read"
                ? null
                : written.kind === "write"
                  ? written.value
                  : written.to;
            const output = input.kind === "write" ? undefined : input.kind === "cas" ? { swapped } : { value: seen };
            return {
              process,
              call,
              return: lasts === undefined ? undefined : call + lasts,
              input,
              output: lasts === undefined || told === 0 ? undefined : output,
            };
          }),
      ),
    ),
  );
}
