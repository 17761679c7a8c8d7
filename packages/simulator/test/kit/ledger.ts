import type { MemoryState } from "@quorate/replica";
import { rejected } from "../../src/index.ts";
import type { Service } from "../../src/index.ts";

/** What a client asks of a ledger. */
export type Operation = { readonly do: "read" } | { readonly do: "add"; readonly amount: number };

/** The smallest state machine: amounts, and their sum as the answer. */
export class Ledger implements MemoryState<number> {
  amounts: number[] = [];

  get sum(): number {
    return this.amounts.reduce((sum, amount) => sum + amount, 0);
  }

  apply(command: Uint8Array): number {
    this.amounts.push(command[0] ?? 0);
    return this.sum;
  }

  snapshot(): Uint8Array {
    return Uint8Array.from(this.amounts);
  }

  restore(snapshot: Uint8Array): void {
    this.amounts = [...snapshot];
  }
}

/** Ledgers in the deterministic world. */
export const ledgers: Service<Ledger, Operation, number, number> = {
  name: "ledger",
  machine: () => new Ledger(),
  workload: {
    draw: (random) => (random.chance(0.3) ? { do: "read" } : { do: "add", amount: random.integer(1, 9) }),
    command: (operation) => (operation.do === "read" ? undefined : Uint8Array.of(operation.amount)),
    read: (ledger) => ledger.sum,
  },
  model: {
    name: "ledger",
    init: () => 0,
    step(sum, operation, answer) {
      const after = operation.do === "read" ? sum : sum + operation.amount;
      return answer === undefined || answer === after ? after : rejected;
    },
  },
};
