import { viewAt, type MemberView } from "../world/tape.ts";
import { inFlight, type InFlight } from "./in-flight.ts";
import type { Selection } from "./inspector.tsx";
import type { Player } from "./player.ts";
import { conditionOf } from "./words.ts";

const size = 520;
const middle = size / 2;
const ring = 190;
const radius = 44;

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Members on a ring, and the messages between them at this moment. */
export function Stage({ player, selection }: { readonly player: Player; readonly selection: Selection }) {
  const now = player.now.value;
  const { tape, event } = player;
  const places = new Map(tape.members.map((id, at) => [id, placeOf(at, tape.members.length)]));
  const views = tape.members.map((id) => viewAt(tape, id, event));
  const blocked = new Set<string>();
  for (const link of tape.links) {
    if (link.event > event) break;
    if (link.isBlocked) blocked.add(`${link.from}>${link.to}`);
    else blocked.delete(`${link.from}>${link.to}`);
  }
  const summary = views.map((view) => `member ${view.id} ${conditionOf(view)} in term ${view.term}`).join(", ");
  return (
    <svg class="stage" viewBox={`0 0 ${size} ${size}`} role="group" aria-label={`The cluster: ${summary}`}>
      {[...blocked].map((key) => {
        const [from = 0, to = 0] = key.split(">").map(Number);
        return <Cut key={key} from={places.get(from)} to={places.get(to)} />;
      })}
      {inFlight(tape, now).map((flight) => (
        <Message
          key={flight.place}
          flight={flight}
          from={places.get(flight.packet.from)}
          to={places.get(flight.packet.to)}
          choose={() => selection.ofPacket(flight.place)}
        />
      ))}
      {views.map((view) => (
        <Member
          key={view.id}
          view={view}
          now={now}
          place={places.get(view.id) as Place}
          isChosen={selection.member.value === view.id}
          choose={() => selection.ofMember(view.id)}
        />
      ))}
    </svg>
  );
}

function placeOf(at: number, of: number): Place {
  const angle = (2 * Math.PI * at) / of - Math.PI / 2;
  return { x: middle + ring * Math.cos(angle), y: middle + ring * Math.sin(angle) };
}

interface MemberProps {
  readonly view: MemberView;
  readonly now: number;
  readonly place: Place;
  readonly isChosen: boolean;
  readonly choose: () => void;
}

function Member({ view, now, place, isChosen, choose }: MemberProps) {
  const condition = conditionOf(view);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    choose();
  };
  return (
    <g
      class={`member is-${condition.replaceAll(" ", "-")}${isChosen ? " is-chosen" : ""}`}
      transform={`translate(${place.x} ${place.y})`}
      role="button"
      tabindex={0}
      aria-pressed={isChosen}
      aria-label={`Member ${view.id} ${condition} term ${view.term}, log up to ${view.base + view.terms.length}`}
      onClick={choose}
      onKeyDown={onKeyDown}
    >
      <circle r={radius} class="body" />
      <Timer view={view} now={now} />
      <text y={-14} class="id">
        {view.id}
      </text>{" "}
      <text y={6} class="role">
        {condition}
      </text>{" "}
      <text y={24} class="term">
        term {view.term}
      </text>
    </g>
  );
}

/** How much of the time is left until it stands for election; of a leader, until its next heartbeat. */
function Timer({ view, now }: { readonly view: MemberView; readonly now: number }) {
  const { dueAt, armedAt } = view;
  if (dueAt === undefined || view.isPaused || dueAt - armedAt < 1000) return null;
  const left = Math.min(1, Math.max(0, (dueAt - now) / (dueAt - armedAt)));
  const around = 2 * Math.PI * (radius + 6);
  return (
    <circle
      r={radius + 6}
      class={`timer ${view.role === "leader" ? "of-leader" : ""}`}
      stroke-dasharray={`${left * around} ${around}`}
      transform="rotate(-90)"
    />
  );
}

interface MessageProps {
  readonly flight: InFlight;
  readonly from: Place | undefined;
  readonly to: Place | undefined;
  readonly choose: () => void;
}

function Message({ flight, from, to, choose }: MessageProps) {
  if (from === undefined || to === undefined) return null;
  const { packet, progress } = flight;
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  // Both directions keep to their right, so that they do not hide each other.
  const along = radius + progress * (length - 2 * radius);
  const x = from.x + dx * along - dy * 7;
  const y = from.y + dy * along + dx * 7;
  const isLost = packet.arrivesAt === undefined;
  return (
    <g
      class={`message of-${packet.type}${isLost ? " is-lost" : ""}`}
      style={isLost ? { opacity: 1 - progress * 2 } : undefined}
      onClick={choose}
    >
      {shapeOf(packet.type, x, y)}
      <title>{packet.text}</title>
    </g>
  );
}

/** Kinds are told apart by shape as well as by colour. */
function shapeOf(type: string, x: number, y: number) {
  if (type.endsWith("response") || type.endsWith("accepted") || type.endsWith("rejected")) {
    return <circle cx={x} cy={y} r={5} />;
  }
  if (type === "append") return <rect x={x - 6} y={y - 6} width={12} height={12} rx={2} />;
  if (type.includes("vote")) return <path d={`M${x} ${y - 8}L${x + 8} ${y + 6}H${x - 8}Z`} />;
  if (type === "state") return <rect x={x - 9} y={y - 6} width={18} height={12} rx={3} />;
  return <path d={`M${x} ${y - 6}L${x + 6} ${y}L${x} ${y + 6}L${x - 6} ${y}Z`} />;
}

function Cut({ from, to }: { readonly from: Place | undefined; readonly to: Place | undefined }) {
  if (from === undefined || to === undefined) return null;
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const [x, y] = [from.x + dx * length * 0.42 - dy * 7, from.y + dy * length * 0.42 + dx * 7];
  return (
    <g class="cut">
      <line x1={from.x - dy * 7} y1={from.y + dx * 7} x2={x} y2={y} />
      <path d={`M${x - 6} ${y - 6}L${x + 6} ${y + 6}M${x - 6} ${y + 6}L${x + 6} ${y - 6}`} />
    </g>
  );
}
