import { parentPort } from "node:worker_threads";
import { compareSync, hashSync } from "bcryptjs";
import type { PasswordReply, PasswordRequest } from "./password-protocol.ts";

/** Hashes one password after another: each takes tens of milliseconds, which must be nobody else's. */
function answerTo(request: PasswordRequest): string | boolean | undefined {
  try {
    return request.kind === "hash"
      ? hashSync(request.password, request.cost)
      : compareSync(request.password, request.hash);
  } catch {
    // Nothing of the password may get into a message.
    return undefined;
  }
}

parentPort?.on("message", (request: PasswordRequest) => {
  const reply: PasswordReply = { id: request.id, answer: answerTo(request) };
  parentPort?.postMessage(reply);
});
