import type { HostError } from "../errors.ts";
import type { Callback } from "../host.ts";
import { ComplianceError, expect } from "./case.ts";
import type { ComplianceFixture } from "./case.ts";

interface Outcome<T> {
  readonly error: HostError | undefined;
  readonly value: T;
}

/** Starts an operation and waits for its completion, holding the host to what `Callback` promises. */
export async function outcome<T>(fixture: ComplianceFixture, start: (done: Callback<T>) => void): Promise<Outcome<T>> {
  return await fixture.settle<Outcome<T>>((settled) => {
    let calls = 0;
    let inside = true;
    start((error, value) => {
      calls++;
      if (inside)
        throw new ComplianceError("the completion was called from inside the call that started the operation");
      if (calls > 1) throw new ComplianceError("the completion was called twice");
      settled({ error, value });
    });
    inside = false;
  });
}

/** The value of an operation that must succeed. */
export async function succeed<T>(fixture: ComplianceFixture, start: (done: Callback<T>) => void): Promise<T> {
  const { error, value } = await outcome(fixture, start);
  if (error !== undefined) throw new ComplianceError(`an operation failed: ${error.code}: ${error.message}`);
  return value;
}

/** An operation that must fail with `code`, and say about what. */
export async function fail(
  fixture: ComplianceFixture,
  code: HostError["code"],
  start: (done: (error: HostError | undefined, value?: unknown) => void) => void,
): Promise<HostError> {
  const { error } = await outcome<unknown>(fixture, start);
  expect(error !== undefined, `an operation succeeded that must fail with ${code}`);
  expect(error.name === "HostError", `the error is a ${error.name}: ${error.message}`);
  expect(error.code === code, `an operation must fail with ${code}, not with ${error.code}: ${error.message}`);
  expect(error.subject !== "" && error.message !== "", "an error names its subject and says what went wrong");
  return error;
}

/** Lets `delayMs` of the host's monotonic time pass. */
export async function pass(fixture: ComplianceFixture, delayMs: number): Promise<void> {
  await fixture.settle<void>((done) => fixture.host.timers.after(delayMs, () => done()));
}
