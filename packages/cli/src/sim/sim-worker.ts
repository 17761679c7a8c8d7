import { parentPort, workerData } from "node:worker_threads";
import { bugOf } from "@quorate/simulator";
import type { WorldKind } from "@quorate/simulator";
import { runChunk } from "./sim-chunk.ts";
import type { SimChunk, SimWorkerData, SimWorkerMessage } from "./sim-request.ts";

const { bug: bugName, ...data } = workerData as SimWorkerData;
const bug = bugOf(bugName === undefined ? {} : { bug: bugName });

const say = (message: SimWorkerMessage): void => parentPort?.postMessage(message);
const begins = (world: WorldKind, seed: number): void => say({ kind: "begins", world, seed });

parentPort?.on("message", (chunk: SimChunk) => say({ kind: "result", result: runChunk(chunk, data, bug, { begins }) }));
