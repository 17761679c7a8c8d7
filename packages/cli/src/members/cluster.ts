import type { admin } from "@quorate/etcd/api";
import { change, describe } from "../client/admin-methods.ts";
import type { Calls } from "../client/calls.ts";
import { callsAt, callsToUrls, placeOf, type ClientFlags, type Place } from "../client/with-calls.ts";
import { FailureError, UsageError } from "../errors.ts";

type OperationInit = NonNullable<Parameters<typeof change.encode>[0]["operation"]>;

/** A cluster as the commands about its members see it: whichever member answers, and the leader for what it alone knows. */
export class ClusterCalls {
  readonly #calls: Calls;
  readonly #place: Place;
  readonly #toLeader = new Map<string, Calls>();

  constructor(place: Place) {
    this.#calls = callsAt(place);
    this.#place = place;
  }

  /** As the leader knows it where it can be asked, else as the member that answered does. */
  async describe(): Promise<admin.DescribeResponse> {
    const heard = await this.#calls.call(describe, {});
    if (heard.leader === 0n || heard.leader === heard.memberId) return heard;
    const leader = heard.members.find(({ id }) => id === heard.leader);
    const urls = leader?.clientUrls ?? [];
    if (urls.length === 0) return heard;
    const key = urls.join();
    const calls = this.#toLeader.get(key) ?? callsToUrls(urls, this.#place);
    this.#toLeader.set(key, calls);
    return calls.call(describe, {}).catch((error: unknown) => {
      if (error instanceof FailureError) return heard;
      throw error;
    });
  }

  change(operation: OperationInit): Promise<admin.ChangeResponse> {
    return this.#calls.call(change, { operation });
  }

  close(): void {
    for (const calls of [this.#calls, ...this.#toLeader.values()]) calls.close();
  }
}

/** Opens the cluster for one use and closes it, whatever happens. */
export async function withCluster<T>(flags: ClientFlags, use: (cluster: ClusterCalls) => Promise<T>): Promise<T> {
  const cluster = new ClusterCalls(await placeOf(flags));
  try {
    return await use(cluster);
  } finally {
    cluster.close();
  }
}

/** The member that a person means: by its name, or by its id in hexadecimal. Fails with `UsageError`. */
export function memberNamed({ members }: admin.DescribeResponse, text: string): admin.Member {
  const found = findMember(members, text);
  if (found !== undefined) return found;
  const known = members.map((member) => `${member.name || "-"} (${idText(member.id)})`).join(", ");
  throw new UsageError(`The cluster has no member "${text}": there are ${known}.`);
}

export function findMember(members: readonly admin.Member[], text: string): admin.Member | undefined {
  return members.find(({ name }) => name === text) ?? members.find(({ id }) => idText(id) === text.toLowerCase());
}

/** As everything else prints it. */
export function idText(id: bigint): string {
  return id.toString(16);
}

/** How a member is called in sentences. */
export function called({ name, id }: Pick<admin.Member, "name" | "id">): string {
  return name === "" ? idText(id) : name;
}
