import type { MemoryState } from "@quorate/node";

/** One to be added. With a client's name and the number of its request, which rises, a request that is sent again counts once. */
export interface Increment {
  readonly client?: string;
  readonly request?: number;
}

/** What every member holds: a number, and what each client was answered last. It changes only in `apply`. */
export class Counter implements MemoryState<number> {
  value = 0;
  protected answered = new Map<string, { readonly request: number; readonly value: number }>();

  /** Gives the number, or 0 for a request whose client has sent a later one since. */
  apply(command: Uint8Array): number {
    const { client, request } = fromBytes(command) as Increment;
    if (client === undefined || request === undefined) return ++this.value;
    const last = this.answered.get(client);
    if (last !== undefined && request <= last.request) return request === last.request ? last.value : 0;
    this.answered.set(client, { request, value: ++this.value });
    return this.value;
  }

  snapshot(): Uint8Array {
    return toBytes({ value: this.value, answered: [...this.answered] });
  }

  restore(snapshot: Uint8Array): void {
    const { value, answered } = fromBytes(snapshot) as { value: number; answered: [string, never][] };
    this.value = value;
    this.answered = new Map(answered);
  }
}

export function toBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function fromBytes(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}
