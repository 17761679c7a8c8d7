import type { ClusterReading, MemberReading, MemberStatusReading } from "@quorate/doctor";
import type { Member, StatusResponse } from "@quorate/etcd/api";
import { describe } from "../client/admin-methods.ts";
import { openAccess } from "../client/access.ts";
import { parseEndpoints } from "../client/endpoints.ts";
import { memberList, memberStatus } from "../client/etcd-methods.ts";
import { callsAt, callsToUrls, type Place } from "../client/with-calls.ts";
import { called, idText } from "../members/cluster.ts";
import { parseMetrics } from "../plan/prometheus-text.ts";
import { fetchPage } from "./fetch-page.ts";

/** A reading, and the pages that it was taken from. */
export interface ReadCluster {
  readonly reading: ClusterReading;
  /** Pages of metrics as they came, by the member's name. */
  readonly pages: ReadonlyMap<string, string>;
}

/** Asks any member who the others are, then each of them how it is. Throws `FailureError` when none answers. */
export async function readCluster(place: Place): Promise<ReadCluster> {
  const calls = callsAt(place);
  try {
    const { members } = await calls.call(memberList, {});
    const isJoint = await calls.call(describe, {}).then(
      (described) => described.isJoint,
      () => undefined,
    );
    const pages = new Map<string, string>();
    const read = await Promise.all(members.map((member) => readMember(member, place, pages)));
    return { reading: { atMs: Date.now(), members: read, isJoint }, pages };
  } finally {
    calls.close();
  }
}

async function readMember(
  { ID, name, isLearner, clientURLs }: Member,
  place: Place,
  pages: Map<string, string>,
): Promise<MemberReading> {
  const about = { id: idText(ID), name: called({ id: ID, name }), isVoter: !isLearner };
  const endpoint = clientURLs.flatMap((url) => parseEndpoints(url))[0];
  if (endpoint === undefined) {
    const problem = "it has not made its client URLs known yet";
    return { ...about, endpoint: about.name, problem, status: undefined, metrics: new Map() };
  }
  const [status, page] = await Promise.allSettled([
    statusOf(clientURLs, place),
    fetchPage(endpoint, "/metrics", place.access ?? openAccess, place.timeoutMs),
  ]);
  if (page.status === "fulfilled") pages.set(about.name, page.value);
  return {
    ...about,
    endpoint,
    problem: status.status === "rejected" ? (status.reason as Error).message : undefined,
    status: status.status === "fulfilled" ? status.value : undefined,
    metrics: page.status === "fulfilled" ? parseMetrics(page.value) : new Map(),
  };
}

async function statusOf(urls: readonly string[], place: Place): Promise<MemberStatusReading> {
  const calls = callsToUrls(urls, place);
  try {
    return ofStatus(await calls.call(memberStatus, {}));
  } finally {
    calls.close();
  }
}

function ofStatus(status: StatusResponse): MemberStatusReading {
  return {
    clusterId: idText(status.header?.clusterId ?? 0n),
    leader: idText(status.leader),
    term: Number(status.raftTerm),
    index: Number(status.raftIndex),
    appliedIndex: Number(status.raftAppliedIndex),
    databaseBytes: Number(status.dbSize),
    databaseBytesInUse: Number(status.dbSizeInUse),
    version: status.version,
    errors: status.errors,
  };
}
