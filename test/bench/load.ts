import type { Operation } from "./operations.ts";

/** h2load sends one body again and again; our own sends frames that it has encoded before, with numbers patched in. */
export type GeneratorName = "h2load" | "frames";

/** What a load generator is asked to do. */
export interface Load {
  readonly generator: GeneratorName;
  /** "host:port" of the members that are asked: the connections are divided among them. */
  readonly endpoints: readonly string[];
  readonly operation: Operation;
  /** Requests that wait for their answers at any time. */
  readonly inFlight: number;
  readonly seconds: number;
  /** Before the seconds that count. */
  readonly warmUpSeconds: number;
}

/** What a load generator saw, warming up included. */
export interface Requests {
  /** Sent; h2load gives up those that are under way at its end, which may or may not take effect. */
  readonly started: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Mean bytes of an answer's body: a gRPC error has none. */
  readonly bodyBytes: number;
  /** Of processor, that the generator used. */
  readonly processorSeconds: number;
  /** Of each that was answered: when it was sent, in microseconds of wall clock since 1970, and how long it took. */
  readonly sentMicros: Float64Array;
  readonly tookMicros: Float64Array;
}

/** How many connections hold so many requests in flight: ten each, as clients that share connections do. */
export function connectionsFor(inFlight: number): { readonly connections: number; readonly streams: number } {
  const streams = inFlight % 10 === 0 ? 10 : 1;
  return { connections: inFlight / streams, streams };
}

/** The connections of member `index`, when `total` are divided as evenly as can be. */
export function shareOf(total: number, index: number, members: number): number {
  return Math.floor((total + members - 1 - index) / members);
}

/** A load that goes on until it is finished. */
export interface RunningLoad {
  finish(): Promise<Requests>;
}
