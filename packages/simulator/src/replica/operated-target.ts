import type { MemberId } from "@quorate/raft";
import type { RequestTarget } from "../workload.ts";
import type { MemberRequests } from "./member-requests.ts";

/**
 * Clients of a workload of their own, with what readers and operators ask of whole members whatever these replicate. There are no
 * registers.
 */
export function asOperated<State, Result>(
  requests: MemberRequests<State, Result>,
  own: Pick<RequestTarget, "perform" | "submit">,
): RequestTarget {
  const ask = (id: MemberId, read: number): void => requests.ask(id, read);
  return {
    perform: (id, call) => own.perform(id, call),
    submit: (id, first, sizes) => own.submit(id, first, sizes),
    ask,
    // Whole members are opened to read in one way or the other (`SwarmOptions.load`).
    askByClock: ask,
    changeMembers: (id, change) => requests.change(id, change),
    administer: (id, operation) => requests.administer(id, operation),
    abandonChange: (id) => requests.administer(id, { kind: "abandon" }),
    handOver: (id, to) => requests.administer(id, { kind: "transfer", to: to === 0 ? undefined : to }),
    operate: () => {},
  };
}
