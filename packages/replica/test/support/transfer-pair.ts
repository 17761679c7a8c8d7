import { silentLogger } from "@quorate/host";
import type { Configuration, LogPosition } from "@quorate/raft";
import type { InstalledState } from "../../src/transfer/state-receiver.ts";
import { StateTransfers } from "../../src/transfer/state-transfers.ts";
import { decodeTransfer, encodeTransfer, type TransferMessage } from "../../src/transfer/transfer-codec.ts";
import { ManualTime } from "./manual-time.ts";
import type { TextTransfer } from "./text-transfer.ts";

const configuration: Configuration = {
  voters: [1, 2],
  outgoing: [],
  learners: [],
  promotable: [],
  removed: [],
  members: [1, 2].map((id) => ({ id, name: `m${id}`, peerUrls: [`http://10.0.0.${id}:2380`] })),
  timing: { electionTimeoutMs: 1000, clockDriftPpm: 10_000 },
};

/** Member 1 sends its state to member 2, in virtual time, over a link that a test may break. */
export class TransferPair {
  readonly time = new ManualTime();
  readonly from: TextTransfer;
  readonly to: TextTransfer;
  sender: StateTransfers;
  receiver: StateTransfers;
  /** What became of each session, as the sender's core is told. */
  readonly ended: (LogPosition | undefined)[] = [];
  readonly installed: (InstalledState | undefined)[] = [];
  readonly prepared: LogPosition[] = [];
  readonly messages: TransferMessage["type"][] = [];
  isHeld = false;
  /** What happens until the receiver's member stands still. */
  whileHolding: () => void = () => {};
  /** What stopped the receiver's member. */
  readonly failures: Error[] = [];
  /** How often the sender's member was asked for a checkpoint. */
  checkpoints = 0;
  /** What the receiver cannot do without. */
  leastIndex = 0;
  /** False to lose a message. */
  passes: (message: TransferMessage) => boolean = () => true;
  /** True where nothing can be sent at all, and whoever tries is told so. */
  isDown = false;
  #incarnation = 0;

  constructor(from: TextTransfer, to: TextTransfer, bytesPerSecond = 1e9) {
    this.from = from;
    this.to = to;
    this.sender = this.#member(from, bytesPerSecond, (_, message) => this.#carry(message, "sender"));
    this.receiver = this.#member(to, bytesPerSecond, (_, message) => this.#carry(message, "receiver"));
  }

  /** The receiver's process starts anew; what is on its disk is kept. */
  restartReceiver(): void {
    this.receiver.stop(() => {});
    this.sender.disconnected(2);
    this.receiver = this.#member(this.to, 1e9, (_, message) => this.#carry(message, "receiver"));
  }

  #member(
    transfer: TextTransfer,
    bytesPerSecond: number,
    send: (to: number, message: TransferMessage) => boolean,
  ): StateTransfers {
    return new StateTransfers({
      transfer,
      clock: this.time,
      timers: this.time,
      logger: silentLogger,
      incarnation: ++this.#incarnation,
      bytesPerSecond,
      silenceMs: () => 5000,
      term: () => 1,
      isInNeed: () => false,
      leastIndex: () => this.leastIndex,
      configurationAt: () => ({ configuration, index: 1 }),
      appliedIndex: () => transfer.position.index,
      countedIndex: () => transfer.position.index,
      beginLog: () => {},
      send,
      checkpoint: () => this.checkpoints++,
      ended: (_, position) => this.ended.push(position),
      hold: (done) => {
        this.isHeld = true;
        this.time.after(1, () => {
          this.whileHolding();
          done();
        });
      },
      failed: (error) => this.failures.push(error),
      prepare: ({ position }, done) => {
        this.prepared.push(position);
        this.time.after(1, () => done(undefined));
      },
      release: (state) => {
        this.isHeld = false;
        this.installed.push(state);
      },
    });
  }

  #carry(message: TransferMessage, side: "sender" | "receiver"): boolean {
    this.messages.push(message.type);
    if (this.isDown) return false;
    if (!this.passes(message)) return true;
    const chunks = encodeTransfer(message);
    const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    this.time.after(1, () => {
      const read = decodeTransfer(bytes);
      if (read === undefined) throw new Error(`a ${message.type} cannot be read back`);
      if (side === "sender") this.receiver.received(1, 7, read);
      else this.sender.received(2, 7, read);
    });
    return true;
  }
}
