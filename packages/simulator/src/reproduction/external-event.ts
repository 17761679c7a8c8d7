import type { FaultTarget } from "../nemesis.ts";
import type { NetworkConditions } from "../network-conditions.ts";
import type { RequestTarget } from "../workload.ts";

/** What the outside can do to a run: to processes and disks, to the network, and as clients. A new fault is named here. */
export const processCalls = [
  "crash",
  "crashInTurn",
  "crashAtDisk",
  "start",
  "pause",
  "suspend",
  "resume",
  "slow",
  "jumpClock",
  "failDisk",
  "damageDisk",
  "wipeDisk",
  "copyDisk",
  "restoreDisk",
  "reset",
  "replayMessage",
] as const;
export const networkCalls = ["block", "unblock", "heal", "clog", "filter", "change"] as const;
export const requestCalls = [
  "submit",
  "ask",
  "askByClock",
  "operate",
  "perform",
  "changeMembers",
  "administer",
  "abandonChange",
  "handOver",
] as const;

type CallsOf<Target, Name extends keyof Target> = {
  [K in Name]: Target[K] extends (...args: infer Args) => void ? { readonly do: K; readonly with: Args } : never;
}[Name];

export type ProcessCall = CallsOf<FaultTarget, (typeof processCalls)[number]>;
export type NetworkCall = CallsOf<NetworkConditions, (typeof networkCalls)[number]>;
export type RequestCall = CallsOf<RequestTarget, (typeof requestCalls)[number]>;

/** One thing that the outside does, with its arguments as the method of that name takes them. */
export type ExternalCall = ProcessCall | NetworkCall | RequestCall;

/** What an argument of a call is. */
export type ArgumentKind = "member" | "number" | "numbers" | "sizes" | "settings" | "crash kind";

/** The arguments of every call, of which the kind of a crash may be absent at the end: for those who check what they read, and those who take members away. */
export const callArguments: Readonly<Record<ExternalCall["do"], readonly ArgumentKind[]>> = {
  crash: ["member", "crash kind"],
  crashInTurn: ["member", "number", "crash kind"],
  crashAtDisk: ["member", "number", "crash kind"],
  start: ["member"],
  pause: ["member"],
  suspend: ["member"],
  resume: ["member"],
  slow: ["member", "number"],
  jumpClock: ["member", "number", "number"],
  failDisk: ["member", "settings"],
  damageDisk: ["member", "settings"],
  wipeDisk: ["member"],
  copyDisk: ["member"],
  restoreDisk: ["member"],
  reset: ["member", "member"],
  replayMessage: ["number"],
  block: ["member", "member"],
  unblock: ["member", "member"],
  heal: [],
  clog: ["member", "member", "number"],
  filter: ["member", "member", "numbers"],
  change: ["member", "member", "settings"],
  submit: ["member", "number", "sizes"],
  ask: ["member", "number"],
  askByClock: ["member", "number"],
  changeMembers: ["member", "settings"],
  administer: ["member", "settings"],
  abandonChange: ["member"],
  handOver: ["member", "number"],
  operate: ["member", "settings"],
  perform: ["member", "settings"],
};

/** What the outside does at one moment: a partition, say, is one event that blocks several links. */
export interface ExternalEvent {
  /**
   * Says what it is and when it happened in the run that was recorded; unique in a run. It stays when times are made
   * simpler and other events are taken away, so that two schedules can be compared.
   */
  readonly id: string;
  /** Microseconds of virtual time since the beginning of the run. */
  readonly atMicros: number;
  readonly calls: readonly ExternalCall[];
}

export function isRequest(call: ExternalCall): call is RequestCall {
  return requestCalls.some((name) => name === call.do);
}

export function isNetworkCall(call: ExternalCall): call is NetworkCall {
  return networkCalls.some((name) => name === call.do);
}
