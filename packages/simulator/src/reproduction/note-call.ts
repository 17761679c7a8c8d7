import type { World } from "../world.ts";
import { describeCall } from "./describe-call.ts";
import { isNetworkCall, isRequest } from "./external-event.ts";
import type { ExternalCall } from "./external-event.ts";

/** A line in the trace for what the outside does; what happens to a process, the process says itself. */
export function noteCall(world: World, call: ExternalCall): void {
  if (isRequest(call)) world.note("client", () => describeCall(call));
  else if (isNetworkCall(call)) world.note("network", () => describeCall(call));
  else if (call.do !== "crash") world.note(String(call.with[0]), () => describeCall(call));
}
