/** What is to happen at the end of the present turn: after the running callback, before the next event. */
export class TurnEnd {
  #due: (() => void)[] = [];
  #scheduled = false;

  add(callback: () => void): void {
    this.#due.push(callback);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Node.js empties this queue after every callback of its own, before it looks at another event.
    process.nextTick(() => {
      this.#scheduled = false;
      this.run();
    });
  }

  /** Ends the turn now: for those who deliver several events from one callback of Node.js. */
  run(): void {
    while (this.#due.length > 0) {
      const due = this.#due;
      this.#due = [];
      let done = 0;
      try {
        for (; done < due.length; done++) due[done]?.();
      } finally {
        // A callback that throws does not take the others with it.
        if (done < due.length) for (const callback of due.slice(done + 1)) this.add(callback);
      }
    }
  }
}
