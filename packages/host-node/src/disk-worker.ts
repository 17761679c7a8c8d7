/**
 * The thread that owns a disk's files and waits for the device, so that the event loop never does. It has no event loop
 * of its own: it sleeps on a shared counter and takes its requests from the port by hand, which halves the way there and
 * back (docs/decisions/0005-disk-worker.md).
 */
import { receiveMessageOnPort, workerData } from "node:worker_threads";
import type { DiskReply, DiskRequest, DiskWorkerData } from "./disk-protocol.ts";
import { failureOf } from "./errno.ts";
import { FileOperations, KnownFailure } from "./file-operations.ts";

const { port, signal } = workerData as DiskWorkerData;
const files = new FileOperations();

function perform({ id, operation }: DiskRequest): DiskReply {
  try {
    return { id, failure: undefined, value: files.perform(operation) };
  } catch (error) {
    return { id, failure: error instanceof KnownFailure ? error.failure : failureOf(error), value: undefined };
  }
}

function serve(): void {
  for (;;) {
    // Read before the port is emptied: a request that comes after that has changed it, and the sleep ends at once.
    const seen = Atomics.load(signal, 0);
    for (let received = receiveMessageOnPort(port); received !== undefined; received = receiveMessageOnPort(port)) {
      const request = received.message as DiskRequest;
      const reply = perform(request);
      port.postMessage(reply, reply.value instanceof Uint8Array ? [reply.value.buffer as ArrayBuffer] : []);
      if (request.operation.kind === "stop") return;
    }
    Atomics.wait(signal, 0, seen);
  }
}

serve();
port.close();
