import type { WorldKind } from "@quorate/simulator";

/** Named here so that the command's help loads no simulator. */
export const simWorlds = ["core", "replica", "both"] as const;
export type SimWorlds = (typeof simWorlds)[number];

/** What `--kind` chooses from, and what a trace shows when nothing is chosen. */
export const traceKinds = ["message", "role", "process", "network", "client", "timer", "disk", "link", "step"] as const;
export type TraceKind = (typeof traceKinds)[number];
export const shownKinds: readonly TraceKind[] = ["message", "role", "process", "network", "client"];

export interface SimFlags {
  readonly seeds?: number;
  readonly minutes?: number;
  readonly from?: number;
  readonly world?: SimWorlds;
  readonly workers?: number;
  readonly seed?: number;
  readonly replay?: string;
  readonly trace?: boolean;
  readonly member?: readonly number[];
  readonly kind?: readonly TraceKind[];
  readonly shrink?: boolean;
  readonly shrinkSeconds: number;
  readonly bug?: string;
  readonly scenarios?: boolean;
  readonly scenario?: string;
  /** Which of the scenario's broken rules, from 1. */
  readonly broken?: number;
  readonly out: string;
  readonly commit?: string;
  readonly json?: boolean;
}

/** What every worker knows from its start. */
export interface SimWorkerData {
  readonly worlds: readonly WorldKind[];
  readonly bug: string | undefined;
  /** A chunk ends with its first failure. */
  readonly stopAtFirst: boolean;
  readonly quorate: { readonly version: string; readonly commit?: string };
}

/** Seeds for a worker to run, one after the other, in each of its worlds. */
export interface SimChunk {
  readonly from: number;
  readonly count: number;
}

/** What a worker says: which run it begins, so that one that never ends can be named, and what a chunk came to. */
export type SimWorkerMessage =
  | { readonly kind: "begins"; readonly world: WorldKind; readonly seed: number }
  | { readonly kind: "result"; readonly result: SimChunkResult };

/** What a chunk came to. */
export interface SimChunkResult {
  readonly from: number;
  readonly seeds: number;
  /** Runs: a seed in each world is one. */
  readonly runs: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly elections: number;
  readonly failures: readonly SimFailure[];
}

export interface SimFailure {
  readonly world: WorldKind;
  readonly seed: number;
  readonly property: string;
  readonly message: string;
  /** The text of the file that replays it; undefined when it could not be made, and then `why` says so. */
  readonly file: string | undefined;
  readonly why: string | undefined;
}
