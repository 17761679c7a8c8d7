import type { FaultTarget } from "../nemesis.ts";
import type { NetworkConditions } from "../network-conditions.ts";
import type { RequestTarget } from "../workload.ts";
import type { World } from "../world.ts";
import { networkCalls, processCalls, requestCalls } from "./external-event.ts";
import type { ExternalCall, ExternalEvent } from "./external-event.ts";
import { noteCall } from "./note-call.ts";

/** Writes down what the outside does to a run, so that it can be done again without those who drew it from a seed. */
export class Recorder {
  readonly #world: World;
  readonly #ids = new Set<string>();
  readonly #events: { readonly id: string; readonly atMicros: number; readonly calls: ExternalCall[] }[] = [];
  #turn = -1;

  constructor(world: World) {
    this.#world = world;
  }

  get events(): readonly ExternalEvent[] {
    return this.#events;
  }

  /** The same target, through which every call is recorded. */
  faults(target: FaultTarget): FaultTarget {
    const conditions = this.#watch<NetworkConditions>(target.conditions, networkCalls);
    return this.#watch<FaultTarget>(target, processCalls, { conditions });
  }

  requests(target: RequestTarget): RequestTarget {
    return this.#watch<RequestTarget>(target, requestCalls);
  }

  #watch<Target extends object>(target: Target, names: readonly string[], replaced: Partial<Target> = {}): Target {
    return new Proxy(target, {
      get: (_, name) => {
        if (Object.hasOwn(replaced, name)) return replaced[name as keyof Target];
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (typeof name !== "string" || !names.includes(name)) return value.bind(target);
        return (...args: unknown[]): unknown => {
          this.#add({ do: name, with: args } as unknown as ExternalCall);
          return value.apply(target, args);
        };
      },
    });
  }

  /** Calls of one event of the world are one event from outside. */
  #add(call: ExternalCall): void {
    noteCall(this.#world, call);
    const { executed, nowMicros } = this.#world;
    if (this.#turn === executed) {
      this.#events.at(-1)?.calls.push(call);
      return;
    }
    this.#turn = executed;
    const text = `${call.do} ${call.with[0] ?? ""}`.trim();
    let id = `${text} @${nowMicros}`;
    for (let copy = 2; this.#ids.has(id); copy++) id = `${text} @${nowMicros} #${copy}`;
    this.#ids.add(id);
    this.#events.push({ id, atMicros: nowMicros, calls: [call] });
  }
}
