import { createRaft, describeMessage, encodeMessage, type Message, type RaftCore } from "@quorate/raft";
import type { BrokenParts, Checker, PacketWatcher, ReplicaCluster, SentPacket } from "@quorate/simulator";
import type { RecordedCluster, RecordedMember } from "./recorded-cluster.ts";

type CoreFactory = Exclude<BrokenParts["createCore"], undefined>;

/**
 * Whole members for a recording. Their messages go over streams, several in a piece or one in several, so they are seen
 * where a core gives them out and where a core takes them in; the two are one message when they say the same. (Of two that
 * say the same, the first that was sent is taken for the one that came: its sender's past is part of the other's.)
 */
export class RecordedMembers {
  #watcher: PacketWatcher | undefined;
  #sent = 0;
  /** Messages that nobody has taken in, by what they say. */
  readonly #underWay = new Map<string, number[]>();

  readonly checker: Checker = {
    name: "messages",
    sent: (member, to, message) => this.#send(member.id, to, message),
  };

  /** Cores whose messages are noted as they come in. */
  factory(make: CoreFactory = createRaft): CoreFactory {
    return (options) => {
      const core = make(options);
      const receive: RaftCore["receive"] = (now, from, incarnation, message) => {
        this.#take(from, options.id, message);
        core.receive(now, from, incarnation, message);
      };
      return new Proxy(core, {
        get(own, name): unknown {
          if (name === "receive") return receive;
          const part: unknown = Reflect.get(own, name, own);
          return typeof part === "function" ? (part.bind(own) as unknown) : part;
        },
      });
    };
  }

  clusterOf({ ids, members, conditions, record }: ReplicaCluster): RecordedCluster {
    const watch = (watcher: PacketWatcher): void => {
      this.#watcher = watcher;
    };
    return { ids, members: members.map(recordedMember), conditions, record, watch };
  }

  #send(from: number, to: number, message: Message): void {
    const bytes = joined(encodeMessage(message));
    const number = ++this.#sent;
    const key = keyOf(from, to, message);
    const waiting = this.#underWay.get(key);
    if (waiting === undefined) this.#underWay.set(key, [number]);
    else waiting.push(number);
    this.#watcher?.sent({ number, from, to, bytes, arrivesAt: undefined } satisfies SentPacket);
  }

  #take(from: number, to: number, message: Message): void {
    const key = keyOf(from, to, message);
    const waiting = this.#underWay.get(key);
    const number = waiting?.shift();
    if (waiting?.length === 0) this.#underWay.delete(key);
    if (number !== undefined) this.#watcher?.taken(number);
  }
}

function keyOf(from: number, to: number, message: Message): string {
  return `${from}>${to} ${describeMessage(message)}`;
}

function recordedMember(member: ReplicaCluster["members"][number]): RecordedMember {
  return {
    id: member.id,
    get incarnation() {
      return member.core?.incarnation ?? 0;
    },
    get status() {
      return member.status;
    },
    get scope() {
      return member.scope;
    },
    dueInMs: undefined,
    machine: member.machine,
    disk: { isFull: false },
    get log() {
      return member.core?.log ?? member.durable.view;
    },
    get durable() {
      const { view, last, hardState } = member.durable;
      return {
        view,
        last,
        hardState,
        base: { index: 0 },
        checkpoint: { index: member.appliedAtStart },
        wasWiped: member.isLost,
      };
    },
  };
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
