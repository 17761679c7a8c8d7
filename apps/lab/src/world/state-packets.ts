import { decodeStateMessage, stateMessages, type StatePlan } from "@quorate/simulator";

/**
 * A message beside the core's, about a state: in words, and how many bytes it stands for. Modelled members send a few bytes in
 * place of a piece; the tape counts what the piece would weigh.
 */
export function statePacket(
  bytes: Uint8Array,
  plan: StatePlan | undefined,
): { readonly text: string; readonly bytes: number } {
  const message = decodeStateMessage(bytes);
  const pieces = plan?.chunks ?? 1;
  if (message === undefined) return { text: `a piece of a state, ${bytes.length} bytes`, bytes: bytes.length };
  switch (message.type) {
    case stateMessages.offer:
      return { text: `a state is offered, in ${pieces} ${pieces === 1 ? "piece" : "pieces"}`, bytes: bytes.length };
    case stateMessages.chunk: {
      const weight = Math.round((plan?.stateBytes ?? 0) / pieces);
      return { text: `piece ${message.chunks} of ${pieces} of a state, ${weight} bytes`, bytes: weight };
    }
    case stateMessages.have:
      return { text: `has ${message.chunks} pieces of the state`, bytes: bytes.length };
    default:
      return { text: "has the state", bytes: bytes.length };
  }
}
