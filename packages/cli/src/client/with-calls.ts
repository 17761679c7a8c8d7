import { readAccess, type Access, type AccessFlags } from "./access.ts";
import { openCalls, type Calls } from "./calls.ts";
import { chooseEndpoints, parseEndpoints, type Endpoint } from "./endpoints.ts";
import { memberList } from "./etcd-methods.ts";
import type { OutputFlags } from "./output.ts";

/** Options of every command that speaks to a cluster. */
export interface ClientFlags extends AccessFlags, OutputFlags {
  readonly endpoints?: string;
  /** Milliseconds. */
  readonly timeout: number;
  /** The same as etcdctl says it; it comes first. */
  readonly commandTimeout?: number;
}

/** Where and how to call, as the flags and the environment say. */
export interface Place {
  readonly endpoints: readonly Endpoint[];
  readonly timeoutMs: number;
  /** Undefined: nothing is needed. */
  readonly access?: Access;
}

export async function placeOf(flags: ClientFlags): Promise<Place> {
  return {
    endpoints: chooseEndpoints(flags.endpoints, process.env),
    timeoutMs: timeoutOf(flags),
    access: await readAccess(flags, process.env),
  };
}

export function timeoutOf({ timeout, commandTimeout }: ClientFlags): number {
  return commandTimeout ?? timeout;
}

export function callsAt({ endpoints, timeoutMs, access }: Place): Calls {
  return openCalls(endpoints, timeoutMs, access);
}

/** Opens connections for one use and closes them, whatever happens. */
export async function withCalls<T>(flags: ClientFlags, use: (calls: Calls) => Promise<T>): Promise<T> {
  const calls = callsAt(await placeOf(flags));
  try {
    return await use(calls);
  } finally {
    calls.close();
  }
}

/** Every endpoint apart, at once; with `cluster` those of all members that the cluster tells of. */
export async function atEveryEndpoint<T>(
  flags: ClientFlags & { readonly cluster?: boolean },
  use: (calls: Calls, endpoint: Endpoint) => Promise<T>,
): Promise<readonly T[]> {
  const given = await placeOf(flags);
  const endpoints = flags.cluster === true ? await endpointsOfMembers(given) : given.endpoints;
  return Promise.all(
    endpoints.map(async (endpoint) => {
      const calls = callsAt({ ...given, endpoints: [endpoint] });
      try {
        return await use(calls, endpoint);
      } finally {
        calls.close();
      }
    }),
  );
}

async function endpointsOfMembers(place: Place): Promise<readonly Endpoint[]> {
  const calls = callsAt(place);
  try {
    const { members } = await calls.call(memberList, {});
    return members.flatMap(({ clientURLs }) => clientURLs.slice(0, 1).flatMap((url) => parseEndpoints(url)));
  } finally {
    calls.close();
  }
}

/** For what is asked of one member of a cluster that was found already. */
export function callsToUrls(urls: readonly string[], { timeoutMs, access }: Omit<Place, "endpoints">): Calls {
  return openCalls(
    urls.flatMap((url) => parseEndpoints(url)),
    timeoutMs,
    access,
  );
}
