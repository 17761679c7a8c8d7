import { status as grpcStatus, type ServiceError } from "@grpc/grpc-js";
import { admin } from "@quorate/etcd/api";
import { asksForTls, parseEndpoints } from "../client/endpoints.ts";
import { memberList, memberStatus } from "../client/etcd-methods.ts";
import { withCalls, type ClientFlags } from "../client/with-calls.ts";
import { FailureError } from "../errors.ts";
import { called, idText, withCluster } from "../members/cluster.ts";
import { readMemberMetrics, type MemberMetrics } from "./member-metrics.ts";

/** A running cluster, as far as it could be read. */
export interface LiveCluster {
  readonly kind: "quorate" | "etcd";
  readonly members: readonly LiveMember[];
  /** Its id; undefined while there is none. */
  readonly leader: string | undefined;
  readonly isJoint: boolean;
  /** T, in ms; etcd does not tell it. */
  readonly electionTimeoutMs: number | undefined;
}

export interface LiveMember {
  /** In hexadecimal. */
  readonly id: string;
  readonly name: string;
  readonly isVoter: boolean;
  readonly metrics: MemberMetrics | undefined;
  /** Why there are no metrics. */
  readonly problem: string | undefined;
}

type Described = Omit<LiveCluster, "members"> & {
  readonly members: readonly (Pick<LiveMember, "id" | "name" | "isVoter"> & {
    readonly clientUrls: readonly string[];
  })[];
};

/** No page of metrics is longer. */
const mostMetricsBytes = 8 * 1024 * 1024;

/** Asks any member who the others are, then each of them for its metrics. Throws `FailureError` when none answers. */
export async function readCluster(flags: ClientFlags): Promise<LiveCluster> {
  const described = await describeCluster(flags);
  const members = await Promise.all(
    described.members.map(async ({ id, name, isVoter, clientUrls }): Promise<LiveMember> => {
      const read = await readMetrics(clientUrls, flags.timeout);
      return { id, name, isVoter, ...read };
    }),
  );
  return { ...described, members };
}

async function describeCluster(flags: ClientFlags): Promise<Described> {
  try {
    return await withCluster(flags, async (cluster) => ofQuorate(await cluster.describe()));
  } catch (error) {
    const cause = error instanceof FailureError ? (error.cause as ServiceError | undefined) : undefined;
    if (cause?.code !== grpcStatus.UNIMPLEMENTED) throw error;
    return describeEtcd(flags);
  }
}

function ofQuorate({ members, leader, isJoint, timing }: admin.DescribeResponse): Described {
  return {
    kind: "quorate",
    leader: leader === 0n ? undefined : idText(leader),
    isJoint,
    electionTimeoutMs: timing?.electionTimeoutMs,
    members: members.map((member) => ({
      id: idText(member.id),
      name: called(member),
      isVoter: member.role !== admin.Role.LEARNER,
      clientUrls: member.clientUrls,
    })),
  };
}

/** etcd has no words for a change under way, nor for its election timeout. */
async function describeEtcd(flags: ClientFlags): Promise<Described> {
  return withCalls(flags, async (calls) => {
    const { members } = await calls.call(memberList, {});
    const { leader } = await calls.call(memberStatus, {});
    return {
      kind: "etcd",
      leader: leader === 0n ? undefined : idText(leader),
      isJoint: false,
      electionTimeoutMs: undefined,
      members: members.map(({ ID, name, isLearner, clientURLs }) => ({
        id: idText(ID),
        name: called({ id: ID, name }),
        isVoter: !isLearner,
        clientUrls: clientURLs,
      })),
    };
  });
}

async function readMetrics(
  urls: readonly string[],
  timeoutMs: number,
): Promise<Pick<LiveMember, "metrics" | "problem">> {
  let problem = "it has not made its client URLs known yet";
  for (const endpoint of urls.flatMap((url) => parseEndpoints(url))) {
    const place = `${asksForTls(endpoint) ? endpoint : `http://${endpoint}`}/metrics`;
    try {
      const response = await fetch(place, { signal: AbortSignal.timeout(timeoutMs) });
      if (!response.ok) throw new Error(`status ${response.status}`);
      const metrics = readMemberMetrics(await boundedText(response), Date.now() / 1000);
      return { metrics, problem: undefined };
    } catch (error) {
      const { cause, message } = error as Error;
      problem = `${place}: ${cause instanceof Error ? cause.message || message : message}`;
    }
  }
  return { metrics: undefined, problem };
}

async function boundedText({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > mostMetricsBytes) throw new Error(`more than ${mostMetricsBytes} bytes of metrics`);
  }
  return text;
}
