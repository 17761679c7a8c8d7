import type { FaultTarget } from "../nemesis.ts";
import type { RequestTarget } from "../workload.ts";
import type { World } from "../world.ts";
import { isNetworkCall, isRequest } from "./external-event.ts";
import type { ExternalCall, ExternalEvent } from "./external-event.ts";
import { noteCall } from "./note-call.ts";

/** Lets the outside do what a list says, at its times and in its order, instead of what a seed draws. */
export function playScript(
  world: World,
  events: readonly ExternalEvent[],
  targets: { readonly faults: FaultTarget; readonly requests: RequestTarget },
): void {
  for (const event of events) {
    const kind = event.calls.every(isRequest) ? "client" : "fault";
    const happen = ({ calls }: ExternalEvent): void => {
      for (const call of calls) {
        noteCall(world, call);
        perform(call, targets);
      }
    };
    world.scheduleAt(event.atMicros, kind, world.outside, happen, event);
  }
}

function perform(
  call: ExternalCall,
  { faults, requests }: { readonly faults: FaultTarget; readonly requests: RequestTarget },
): void {
  const target: object = isRequest(call) ? requests : isNetworkCall(call) ? faults.conditions : faults;
  const method = Reflect.get(target, call.do) as (...args: readonly unknown[]) => void;
  method.apply(target, [...call.with]);
}
