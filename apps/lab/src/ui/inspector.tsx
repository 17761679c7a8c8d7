import { signal } from "@preact/signals";
import type { Chain, Fall } from "../causes/chain.ts";
import type { LabRun } from "../world/lab-run.ts";
import { viewAt, type TapePacket } from "../world/tape.ts";
import type { Player } from "./player.ts";
import { standingText } from "./standing.ts";
import { decisionText, timeText, votersText } from "./words.ts";

/** What the reader has chosen to look at. */
export class Selection {
  readonly member = signal(0);
  readonly packet = signal<number | undefined>(undefined);
  readonly event = signal<number | undefined>(undefined);
  /** Something that fell, of which the reader asks what led to it, and that chain once it is worked out. */
  readonly fall = signal<{ readonly run: LabRun; readonly fall: Fall } | undefined>(undefined);
  readonly chain = signal<Chain | undefined>(undefined);

  ofMember(id: number): void {
    this.member.value = this.member.value === id ? 0 : id;
    this.packet.value = undefined;
    this.event.value = undefined;
  }

  ofPacket(place: number): void {
    this.packet.value = place;
    this.event.value = undefined;
  }

  ofEvent(place: number): void {
    this.event.value = place;
    this.packet.value = undefined;
  }
}

/** Everything about what is chosen, in full. */
export function Inspector({ player, selection }: { readonly player: Player; readonly selection: Selection }) {
  const { tape } = player;
  const packet = tape.packets[selection.packet.value ?? -1];
  const event = selection.event.value;
  return (
    <div class="panel" role="group" aria-label="Inspector">
      <h2>Inspector</h2>
      {packet !== undefined && <Packet packet={packet} />}
      {event !== undefined && <Event player={player} place={event} />}
      {packet === undefined && event === undefined && selection.member.value > 0 && (
        <Member player={player} id={selection.member.value} />
      )}
      {packet === undefined && event === undefined && selection.member.value === 0 && (
        <p class="hint">Choose a member, a message or an event to see everything about it.</p>
      )}
    </div>
  );
}

function Member({ player, id }: { readonly player: Player; readonly id: number }) {
  const event = player.event;
  const view = viewAt(player.tape, id, event);
  const facts: readonly (readonly [string, string])[] = [
    ["is", standingText(view)],
    ["term", String(view.term)],
    ["vote in it", view.vote === 0 ? "none" : `member ${view.vote}`],
    ["leader", view.leader === 0 ? "none known" : `member ${view.leader}`],
    ["log", `entries ${view.base + 1} to ${view.base + view.terms.length}`],
    ["durable up to", String(view.durable)],
    ["committed up to", String(view.commit)],
    ["applied up to", String(view.applied)],
    ["goes by the voters", votersText(view)],
    ["start", `number ${view.incarnation}`],
  ];
  const reasons = lastDecisions(player, id, event);
  return (
    <>
      <h3>Member {id}</h3>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {view.followers.length > 0 && (
        <table>
          <caption>What it knows of the others</caption>
          <thead>
            <tr>
              <th scope="col">member</th>
              <th scope="col">sends by</th>
              <th scope="col">match</th>
              <th scope="col">next</th>
            </tr>
          </thead>
          <tbody>
            {view.followers.map((follower) => (
              <tr key={follower.id}>
                <th scope="row">{follower.id}</th>
                <td>{follower.state}</td>
                <td>{follower.match}</td>
                <td>{follower.next}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {reasons.length > 0 && (
        <>
          <h4>Its last decisions</h4>
          <ul>
            {reasons.map(({ at, text }) => (
              <li key={text}>
                {timeText(at)}: {text}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

const shownReasons = 4;
const searchedEvents = 2000;

function lastDecisions(player: Player, id: number, event: number) {
  const found = new Map<string, number>();
  const { events } = player.tape;
  for (let place = event; place >= Math.max(0, event - searchedEvents) && found.size < shownReasons; place--) {
    for (const decision of events[place]?.decisions ?? []) {
      const text = decision.member === id ? decisionText(decision) : "";
      if (text !== "" && !found.has(text)) found.set(text, events[place]?.at ?? 0);
    }
  }
  return [...found].map(([text, at]) => ({ text, at }));
}

function Packet({ packet }: { readonly packet: TapePacket }) {
  const { arrivesAt } = packet;
  return (
    <>
      <h3>
        {packet.type} from {packet.from} to {packet.to}
      </h3>
      <p>{packet.text}</p>
      <p>
        {packet.bytes} bytes, sent at {timeText(packet.sentAt)};{" "}
        {arrivesAt === undefined
          ? "lost on its way"
          : `${packet.takenIn.length > 0 ? "arrives" : "due"} at ${timeText(arrivesAt)}`}
        .
      </p>
    </>
  );
}

function Event({ player, place }: { readonly player: Player; readonly place: number }) {
  const event = player.tape.events[place];
  if (event === undefined) return null;
  const sent = player.tape.packets.filter(({ sentIn }) => sentIn === place);
  return (
    <>
      <h3>
        {timeText(event.at)}
        {event.member > 0 ? `, member ${event.member}` : ""}
      </h3>
      <ul>
        {event.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
        {event.decisions.map((decision, at) => (
          // Decisions have no names of their own, and never move.
          <li key={`${decision.rule} ${at}`}>
            <em>{decisionText(decision)}</em> <code>{decision.rule}</code>
          </li>
        ))}
        {sent.map((packet) => (
          <li key={packet.text + packet.to}>
            sends to {packet.to}: {packet.text}
          </li>
        ))}
      </ul>
    </>
  );
}
