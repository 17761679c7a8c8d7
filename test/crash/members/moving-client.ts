import type { CompareAndPut, KeyValueClient, Outcome } from "../lab-client.ts";
import { LabClient } from "../lab-client.ts";

/** A client of one member after the other: calls under way stay with the member that they were sent to. */
export class MovingClient implements KeyValueClient {
  readonly #timeoutMs: number;
  readonly #all = new Map<string, LabClient>();
  #present: LabClient;

  constructor(endpoint: string, timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#present = this.#clientOf(endpoint);
  }

  moveTo(endpoint: string): void {
    this.#present = this.#clientOf(endpoint);
  }

  put(key: string, value: string): Promise<Outcome<true>> {
    return this.#present.put(key, value);
  }

  read(key: string): Promise<Outcome<string | undefined>> {
    return this.#present.read(key);
  }

  compareAndPut(key: string, expected: string, value: string): Promise<Outcome<CompareAndPut>> {
    return this.#present.compareAndPut(key, expected, value);
  }

  close(): void {
    for (const client of this.#all.values()) client.close();
  }

  #clientOf(endpoint: string): LabClient {
    const known = this.#all.get(endpoint) ?? new LabClient(endpoint, this.#timeoutMs);
    this.#all.set(endpoint, known);
    return known;
  }
}
