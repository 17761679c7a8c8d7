import { setTimeout as delay } from "node:timers/promises";
import { startFrameLoad } from "./frames/frame-load.ts";
import { startH2load } from "./h2load.ts";
import type { Load, Requests } from "./load.ts";

/** The answers of the seconds that count. */
export interface Answers {
  readonly count: number;
  readonly perSecond: number;
  /** Ascending. */
  readonly tookMicros: Float64Array;
}

/** Looks at the members while the load runs, at the beginning and at the end of the seconds that count. */
export interface Onlooker {
  begin(): unknown;
  end(): unknown;
}

/** Runs a load and gives everything that was asked, and what was answered between the onlooker's two looks. */
export async function runLoad(load: Load, onlooker: Onlooker): Promise<{ requests: Requests; answers: Answers }> {
  const running = load.generator === "h2load" ? startH2load(load) : await startFrameLoad(load);
  await delay(load.warmUpSeconds * 1000);
  await onlooker.begin();
  const from = nowMicros();
  await delay(load.seconds * 1000);
  const to = nowMicros();
  await onlooker.end();
  const requests = await running.finish();
  return { requests, answers: answersBetween(requests, from, to) };
}

function answersBetween({ sentMicros, tookMicros }: Requests, from: number, to: number): Answers {
  const inside = tookMicros.filter((took, index) => {
    const answered = (sentMicros[index] ?? 0) + took;
    return answered >= from && answered < to;
  });
  return { count: inside.length, perSecond: inside.length / ((to - from) / 1e6), tookMicros: inside.sort() };
}

function nowMicros(): number {
  return (performance.timeOrigin + performance.now()) * 1000;
}
