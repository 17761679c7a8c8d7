const kept = 1024;

/** The streams that we have reset last: what their client sent before it knew is ignored (RFC 9113 §5.1, "closed"). */
export class RecentIds {
  #ids: Uint32Array | undefined;
  #next = 0;

  add(id: number): void {
    this.#ids ??= new Uint32Array(kept);
    this.#ids[this.#next] = id;
    this.#next = (this.#next + 1) % kept;
  }

  has(id: number): boolean {
    return this.#ids?.includes(id) ?? false;
  }
}
