import { parentPort, workerData } from "node:worker_threads";
import { bugOf } from "@quorate/simulator";
import { runChunk } from "./sim-chunk.ts";
import type { SimChunk, SimWorkerData } from "./sim-request.ts";

const { bug: bugName, ...data } = workerData as SimWorkerData;
const bug = bugOf(bugName === undefined ? {} : { bug: bugName });

parentPort?.on("message", (chunk: SimChunk) => parentPort?.postMessage(runChunk(chunk, data, bug)));
