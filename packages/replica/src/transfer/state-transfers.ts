import type { MemberId } from "@quorate/raft";
import { StateReceiver, type ReceivedStates, type StateReceiverParts } from "./state-receiver.ts";
import { StateSender, type SendingState, type SentStates, type StateSenderParts } from "./state-sender.ts";
import type { TransferMessage } from "./transfer-codec.ts";

/** States sent and taken over, for people and metrics. */
export interface TransferStatus {
  readonly sending: SendingState | undefined;
  readonly sent: SentStates;
  readonly received: ReceivedStates;
}

/** Both ends of state transfer: every member may come to be either. */
export class StateTransfers {
  readonly sender: StateSender;
  readonly receiver: StateReceiver;

  constructor(parts: StateSenderParts & StateReceiverParts) {
    this.sender = new StateSender(parts);
    this.receiver = new StateReceiver(parts);
  }

  get status(): TransferStatus {
    return { sending: this.sender.sending, sent: this.sender.totals, received: this.receiver.totals };
  }

  received(from: MemberId, incarnation: number, message: TransferMessage): void {
    switch (message.type) {
      case "point":
      case "ready":
      case "taken":
      case "installed":
      case "refused":
      case "wish":
        return this.sender.received(from, message);
      case "question":
      case "offer":
      case "chunk":
      case "end":
      case "cancelled":
        return this.receiver.received(from, incarnation, message);
    }
  }

  disconnected(peer: MemberId): void {
    this.sender.disconnected(peer);
    this.receiver.disconnected(peer);
  }

  stop(done: () => void): void {
    this.sender.stop();
    this.receiver.stop(done);
  }
}
