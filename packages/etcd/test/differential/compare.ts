import assert from "node:assert/strict";
import fc from "fast-check";
import { startEtcd } from "../support/real-etcd.ts";
import { startSingleMember, type Cleanup } from "../support/single-member.ts";
import { request, requestWithAlarms, type DrawnRequest } from "./requests.ts";
import { Compared } from "./servers.ts";

export interface Comparison {
  /** Sequences, of up to 40 requests each. */
  readonly runs: number;
  readonly seed?: number;
  readonly progress?: (asked: number) => void;
}

/** What was compared. */
export interface Outcome {
  readonly asked: number;
  readonly refused: number;
}

/**
 * Asks a real etcd and a member of Quorate, each alone on its machine, the same sequences of requests, over gRPC and over JSON, and fails at
 * the shortest one that is answered differently.
 */
export async function compareWithEtcd(cleanup: Cleanup, comparison: Comparison): Promise<Outcome> {
  const server = await startSingleMember(cleanup);
  const ours = new Compared(server.clientUrls[0] as string);
  const theirs = new Compared(await startEtcd(cleanup));
  cleanup.after(() => {
    ours.close();
    theirs.close();
  });
  let asked = 0;
  let refused = 0;
  let run = 0;
  const compare = async (requests: readonly DrawnRequest[]): Promise<void> => {
    run++;
    await Promise.all([ours.begin(run), theirs.begin(run)]);
    for (const [at, drawn] of requests.entries()) {
      const [our, their] = await Promise.all([ours.ask(drawn), theirs.ask(drawn)]);
      assert.deepEqual(our, their, `request ${at}, ${drawn.method} over ${drawn.over}: ${JSON.stringify(drawn.body)}`);
      asked++;
      if (isRefusal(our)) refused++;
    }
    comparison.progress?.(asked);
  };
  const sequence = fc.oneof(
    { weight: 8, arbitrary: fc.array(request, { minLength: 15, maxLength: 40 }) },
    { weight: 1, arbitrary: fc.array(requestWithAlarms("NOSPACE"), { minLength: 15, maxLength: 40 }) },
    { weight: 1, arbitrary: fc.array(requestWithAlarms("CORRUPT"), { minLength: 15, maxLength: 40 }) },
  );
  const options = { numRuns: comparison.runs, ...(comparison.seed === undefined ? {} : { seed: comparison.seed }) };
  await fc.assert(fc.asyncProperty(sequence, compare), { ...options, interruptAfterTimeLimit: 30 * 60_000 });
  return { asked, refused };
}

function isRefusal(answer: unknown): boolean {
  const { code, status } = answer as { code?: number; status?: number };
  return code !== undefined || (status !== undefined && status !== 200);
}
