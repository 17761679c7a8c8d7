import { availableParallelism } from "node:os";
import { gunzip, gzip } from "node:zlib";

/** What is asked of the packer beyond this waits in vain: its caller is told so. */
const maxWaiting = 1000;
const maxWaitingBytes = 32 * 1024 * 1024;
/** Half of the threads that Node.js has for such work: files and the engine of the state need them too. */
const maxRunning = Math.max(1, Math.min(2, availableParallelism() - 1));

/** The work of zlib off the main loop, a little of it at a time. */

interface Job {
  readonly bytes: number;
  /** Whether somebody still waits for it. */
  readonly isWanted: () => boolean;
  readonly run: (done: () => void) => void;
  readonly refused: () => void;
}

const waiting: Job[] = [];
let waitingBytes = 0;
let running = 0;

/** `done` is not called when nobody wants the result any more. */
export function unpack(
  packed: Uint8Array,
  maxBytes: number,
  isWanted: () => boolean,
  done: (outcome: "too-large" | "malformed" | "busy" | Uint8Array) => void,
): void {
  const run = (finished: () => void): void => {
    gunzip(packed, { maxOutputLength: Math.max(1, maxBytes) }, (error, plain) => {
      finished();
      if (error === null) return done(plain);
      const isTooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
      done(isTooLarge ? "too-large" : "malformed");
    });
  };
  schedule({ bytes: packed.length, isWanted, run, refused: () => done("busy") });
}

/** `done` gets undefined when there is too much to do: then what is sent is sent as it is. */
export function pack(plain: Uint8Array, isWanted: () => boolean, done: (packed: Uint8Array | undefined) => void): void {
  const run = (finished: () => void): void => {
    gzip(plain, { level: 1 }, (error, packed) => {
      finished();
      // It fails only for want of memory.
      done(error === null ? packed : undefined);
    });
  };
  schedule({ bytes: plain.length, isWanted, run, refused: () => done(undefined) });
}

function schedule(job: Job): void {
  const isFull = waiting.length >= maxWaiting || (waiting.length > 0 && waitingBytes + job.bytes > maxWaitingBytes);
  if (isFull) return job.refused();
  waiting.push(job);
  waitingBytes += job.bytes;
  next();
}

function next(): void {
  while (running < maxRunning) {
    const job = waiting.shift();
    if (job === undefined) return;
    waitingBytes -= job.bytes;
    if (!job.isWanted()) continue;
    running++;
    job.run(() => {
      running--;
      next();
    });
  }
}
