import type { Contender } from "./contenders.ts";
import type { Requests } from "./load.ts";
import type { Operation } from "./operations.ts";
import { until } from "../harness/until.ts";

/** The load met an election: what was measured is not the load alone. */
export class LeaderChanged extends Error {
  override readonly name = "LeaderChanged";
}

/**
 * Fails unless the answers were successes. A gRPC error is HTTP's 200 without a body, and h2load counts it as a success:
 * so answers must have a body, and the revision of the store must have moved by what was answered. It may have moved
 * further only by what was sent and given up when the load ended.
 */
export async function checkEffects(
  contender: Contender,
  { title, revisions }: Operation,
  { started, succeeded, failed, bodyBytes }: Requests,
  revisionBefore: number,
  leader: number,
): Promise<void> {
  const name = `${contender.name}, ${title}`;
  if ((await contender.leader()) !== leader) throw new LeaderChanged(`${name}: the leader changed under the load`);
  if (failed > 0) throw new Error(`${name}: ${failed} requests failed`);
  if (succeeded === 0) throw new Error(`${name}: nothing was answered`);
  // The smallest answer is a put's: a header of three numbers.
  if (bodyBytes < 10) throw new Error(`${name}: ${bodyBytes} bytes of answer on average, so there were errors`);
  const moved = (await settledRevision(contender, leader)) - revisionBefore;
  const [least, most] = [succeeded * revisions, started * revisions];
  if (moved < least || moved > most) {
    throw new Error(`${name}: ${succeeded} of ${started} requests were answered, and the revision moved by ${moved}`);
  }
}

/** The revision once it stands still: what was sent and given up may still be under way. */
async function settledRevision({ members }: Contender, leader: number): Promise<number> {
  const client = members[leader]?.client;
  if (client === undefined) throw new Error(`there is no member ${leader}`);
  let last = -1;
  return until("the store stands still", 10_000, async () => {
    const revision = await client.revision();
    const still = revision === last;
    last = revision;
    return still ? revision : undefined;
  });
}
