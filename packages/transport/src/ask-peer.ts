import { HostError, type Callback, type NetworkAddress } from "@quorate/host";
import { encodeQuestion, GreetingReader } from "./greeting.ts";
import { OpenWires, Wire, type TransportHost } from "./wire.ts";

/**
 * Asks whoever listens for peers at `address`, as somebody who is no member, and gives the answer: an empty text where it
 * has none. Completes with `io` when nothing that speaks the protocol answers within `timeoutMs`.
 */
export function askPeer(host: TransportHost, address: NetworkAddress, timeoutMs: number, done: Callback<string>): void {
  const reader = new GreetingReader();
  const wires = new OpenWires();
  let isOver = false;
  const end = (why: string | undefined, text: string): void => {
    if (isOver) return;
    isOver = true;
    host.timers.cancel(timer);
    wire.abort();
    const subject = `${address.host}:${address.port}`;
    const error = why === undefined ? undefined : new HostError("io", subject, `${subject} gave no answer: ${why}`);
    host.timers.endOfTurn(() => done(error, text));
  };
  const wire = Wire.dial(host, wires, address, {
    open: () => wire.write([encodeQuestion()]),
    data: (bytes) => {
      const read = reader.push(bytes);
      if (read === undefined) return;
      if (typeof read === "string") end(read, "");
      else if (read.greeting.kind === "answer") end(undefined, read.greeting.text);
      else if (read.greeting.kind === "refusal") end(read.greeting.reason, "");
      else end(`it answered with a ${read.greeting.kind}`, "");
    },
    close: (reason) => end(reason, ""),
  });
  const timer = host.timers.after(timeoutMs, () => end(`nothing came within ${timeoutMs} ms`, ""));
}
