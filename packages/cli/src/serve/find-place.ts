import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { admin, Joining } from "@quorate/etcd";
import { askForClientUrls, ownerOfData } from "@quorate/etcd";
import type { Logger } from "@quorate/host";
import { defaultTiming } from "@quorate/raft";
import { openCalls } from "../client/calls.ts";
import { describe } from "../client/admin-methods.ts";
import { parseEndpoints } from "../client/endpoints.ts";
import { FailureError } from "../errors.ts";
import { accessToCluster } from "./cluster-access.ts";
import { memberAt, placeOf } from "./place.ts";
import type { ServeOptions } from "./serve-options.ts";

/** Says who a member is in a cluster that runs already; undefined for one of a new cluster. */
export type FindPlace = (options: ServeOptions, logger: Logger) => Promise<Joining | undefined>;

const attempts = 5;
const pauseMs = 1000;
const askMs = 2000;

/**
 * `--initial-cluster-state existing`: data that is there knows who its member is. A new member was added before, with its peer
 * URLs (`etcdctl member add`, `quorate member add`), and finds itself by them: any member of --initial-cluster is asked.
 */
export async function placeInExisting(options: ServeOptions, logger: Logger): Promise<Joining | undefined> {
  if (options.initialClusterState === "new") return undefined;
  const own = await placeByData(options);
  if (own !== undefined) return own;
  const { name } = options;
  const peerUrls = options.initialAdvertisePeerUrls.map(({ url }) => url);
  const others = options.initialCluster.filter((member) => member.name !== name);
  const failures: string[] = [];
  for (let attempt = 1; attempt <= attempts; attempt++) {
    failures.length = 0;
    for (const url of others.flatMap((member) => member.peerUrls.map((peer) => peer.url))) {
      const cluster = await askAt(url, options).catch((error: unknown) => error as Error);
      if (cluster instanceof Error) {
        failures.push(`  ${url}: ${cluster.message.split("\n")[0]}`);
        continue;
      }
      const member = memberAt(cluster, peerUrls);
      if (member === undefined) throw notAdded(name, peerUrls, cluster);
      return placeOf(cluster, member);
    }
    logger.info("no member of the cluster answers yet", { failures });
    if (attempt < attempts) await delay(pauseMs);
  }
  throw new FailureError(
    `Member ${name} did not start: its cluster runs already (--initial-cluster-state existing), and no other member of ` +
      `--initial-cluster tells who is in it:\n${failures.join("\n")}\nStart those first, or use "quorate join" with a client URL.`,
  );
}

/** Whom the data directory belongs to, whatever else is said. The log says who the others are. */
export async function placeByData({ dataDir }: ServeOptions): Promise<Joining | undefined> {
  const owner = await ownerOfData(resolve(dataDir));
  if (owner === undefined) return undefined;
  const { clusterId, memberId } = owner;
  const nobody = { voters: [], outgoing: [], learners: [], promotable: [], removed: [], members: [] };
  return { clusterId, memberId, configuration: { ...nobody, timing: defaultTiming } };
}

async function askAt(peerUrl: string, options: ServeOptions): Promise<admin.DescribeResponse> {
  const { peerTls, dataDir } = options;
  const security = peerTls === undefined ? undefined : { peerTls, dataDir: resolve(dataDir) };
  const clientUrls = await askForClientUrls(peerUrl, askMs, security);
  if (clientUrls.length === 0) throw new Error("it does not say where clients are served");
  const calls = openCalls(
    clientUrls.flatMap((url) => parseEndpoints(url)),
    askMs,
    await accessToCluster(options),
  );
  try {
    return await calls.call(describe, {});
  } finally {
    calls.close();
  }
}

function notAdded(name: string, peerUrls: readonly string[], { members }: admin.DescribeResponse): FailureError {
  const known = members.map((member) => `${member.name || "(not started)"} at ${member.peerUrls.join(",")}`).join("; ");
  const urls = peerUrls.join(",");
  return new FailureError(
    `Member ${name} did not start: the cluster has no member at ${urls}, only ${known}. Add it first ` +
      `("quorate member add ${name} ${urls}"), or use "quorate join", which does both.`,
  );
}
