import type { Joining } from "@quorate/etcd";
import type { Logger } from "@quorate/host";
import { change, describe } from "../client/admin-methods.ts";
import { openCalls, type Calls } from "../client/calls.ts";
import { parseEndpoints } from "../client/endpoints.ts";
import { FailureError } from "../errors.ts";
import { accessToCluster } from "./cluster-access.ts";
import { placeByData } from "./find-place.ts";
import { memberAt, placeOf } from "./place.ts";
import { runServe } from "./serve-command.ts";
import type { ServeOptions } from "./serve-options.ts";

/** For the cluster to answer; an addition waits for its commit. */
const timeoutMs = 15_000;
/** A member that only starts again does not need the cluster for that. */
const shortMs = 2000;

/**
 * `quorate join URL`: adds this member to the cluster that serves clients there, as a learner that becomes a voter once it has
 * caught up, and serves. The same command goes on where it stopped, at any point.
 */
export function runJoin(urls: string, options: ServeOptions): Promise<number> {
  const endpoints = parseEndpoints(urls);
  return runServe(options, async (_, logger) => {
    const own = await placeByData(options);
    const calls = openCalls(endpoints, own === undefined ? timeoutMs : shortMs, await accessToCluster(options));
    try {
      if (own === undefined) return await join(calls, options, logger);
      await assertSameCluster(calls, own, options, logger);
      return own;
    } finally {
      calls.close();
    }
  });
}

async function join(calls: Calls, { name, initialAdvertisePeerUrls }: ServeOptions, logger: Logger): Promise<Joining> {
  const peerUrls = initialAdvertisePeerUrls.map(({ url }) => url);
  const cluster = await calls.call(describe, {}).catch((error: unknown) => {
    throw withHint(error);
  });
  const known = memberAt(cluster, peerUrls);
  if (known !== undefined) {
    if (known.name !== "" && known.name !== name) {
      throw new FailureError(
        `Member ${name} did not join: the cluster has a member ${known.name} at ${peerUrls.join(",")} already. Give this ` +
          "one other peer URLs (--listen-peer-urls, --initial-advertise-peer-urls), or that name.",
      );
    }
    logger.info("the cluster has this member already", { memberId: known.id.toString(16) });
    return placeOf(cluster, known);
  }
  const operation = { case: "add" as const, value: { name, peerUrls, isPromotable: true } };
  const added = await calls.call(change, { operation }).catch((error: unknown) => {
    throw withHint(error);
  });
  logger.info("the cluster has added this member: it becomes a voter once it has caught up", {
    memberId: added.addedId.toString(16),
  });
  // The member that answered may not have heard of it yet, if it is not the leader.
  const after = added.cluster ?? cluster;
  const place = placeOf(after, { id: added.addedId });
  if (place.configuration.learners.includes(place.memberId)) return place;
  throw new FailureError(
    `Member ${name} was added, and the cluster does not name it among its members: was it removed again? See "quorate member ` +
      'list".',
  );
}

/** What to do where the cluster wants to know who asks. */
function withHint(error: unknown): unknown {
  const isRefused =
    error instanceof FailureError && /permission denied|user name is empty|invalid auth/.test(error.message);
  if (!isRefused) return error;
  const hint =
    "The cluster has auth enabled: give QUORATE_USER and QUORATE_PASSWORD of a user with the role root (docs/security.md).";
  return new FailureError(`${error.message}\n${hint}`, { cause: error });
}

async function assertSameCluster(calls: Calls, own: Joining, { dataDir }: ServeOptions, logger: Logger): Promise<void> {
  const cluster = await calls.call(describe, {}).catch((error: unknown) => {
    if (!(error instanceof FailureError)) throw error;
    logger.warn("the cluster does not answer, and this member starts all the same: it has joined before", {
      why: error.message.split("\n")[1]?.trim() ?? error.message,
    });
    return undefined;
  });
  if (cluster === undefined || Number(cluster.clusterId) === own.clusterId) return;
  throw new FailureError(
    `The data directory ${dataDir} belongs to a member of cluster ${own.clusterId.toString(16)}, and cluster ` +
      `${cluster.clusterId.toString(16)} answers there: give another --data-dir, or the URL of the right cluster.`,
  );
}
