import type { Callback, Done, HostError } from "@quorate/host";
import type { LogPosition } from "@quorate/raft";
import type { Committed, StateMachine } from "../../src/state-machine.ts";

/** Keeps every command it was ever given, as text: easy to compare between members. A result is "text@index". */
export class Journal implements StateMachine<string> {
  commands: string[] = [];
  restored: LogPosition = { index: 0, term: 0 };
  dirtyBytes = 0;
  /** After a command "wanted", until the next checkpoint. */
  wantsCheckpoint = false;
  /** Where checkpoints go. */
  saved: (journal: Journal) => void = () => {};
  closed = false;
  failing: HostError | undefined;
  digestsTaken = 0;
  /** Tells the member of damage. */
  damage: (error: HostError) => void = () => {};
  /** Set to apply later: called with what completes the apply. */
  hold: ((complete: () => void) => void) | undefined;

  get text(): string {
    return this.commands.join(",");
  }

  copy(): Journal {
    const copy = new Journal();
    copy.commands = [...this.commands];
    copy.restored = this.restored;
    return copy;
  }

  apply(commands: readonly Committed[], done: Callback<readonly string[]>): void {
    const complete = (): void => {
      if (this.failing !== undefined) return done(this.failing, []);
      const results = commands.map(({ index, command }) => {
        const text = String.fromCharCode(...command);
        this.commands.push(text);
        this.dirtyBytes += command.length;
        this.wantsCheckpoint ||= text === "wanted";
        return `${text}@${index}`;
      });
      done(undefined, results);
    };
    if (this.hold === undefined) complete();
    else this.hold(complete);
  }

  checkpoint(position: LogPosition, done: Done): void {
    const saved = this.copy();
    saved.restored = position;
    this.dirtyBytes = 0;
    this.wantsCheckpoint = false;
    this.saved(saved);
    done(undefined);
  }

  onDamage(listener: (error: HostError) => void): void {
    this.damage = listener;
  }

  /** How many commands it has. */
  digestPoint(): Uint8Array {
    return Uint8Array.of(this.commands.length >> 8, this.commands.length & 0xff);
  }

  digest(point: Uint8Array, done: Callback<Uint8Array | undefined>): void {
    this.digestsTaken++;
    const wanted = (point[0] as number) * 256 + (point[1] as number);
    const commands = this.commands.slice(0, wanted);
    let sum = commands.length;
    for (const character of commands.join()) sum = (Math.imul(sum, 31) + character.charCodeAt(0)) >>> 0;
    done(undefined, Uint8Array.of(sum >>> 24, sum >>> 16, sum >>> 8, sum));
  }

  close(done: Done): void {
    this.closed = true;
    done(undefined);
  }
}
