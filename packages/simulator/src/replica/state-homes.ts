import type { Host } from "@quorate/host";
import { MemoryHome, type MemoryHomeContents } from "@quorate/store";

/** What a write to the state's engine takes, in ms; until then a crash takes it. */
const engineWriteMs = 1;

/** A store's home in a simulated host's time, with what the one before it made durable. */
export function homeOnHost({ timers }: Host, contents: MemoryHomeContents | undefined): MemoryHome {
  const schedule = (callback: () => void): unknown => timers.endOfTurn(callback);
  const scheduleWrite = (callback: () => void): unknown => timers.after(engineWriteMs, callback);
  return new MemoryHome({ schedule, scheduleWrite }, contents);
}
