import { useMemo } from "preact/hooks";
import { linksAt } from "../world/links-at.ts";
import { viewAt, type MemberView } from "../world/tape.ts";
import { newestConfiguration } from "./configuration.ts";
import type { HandState } from "./hand-state.ts";
import { inFlight, type InFlight } from "./in-flight.ts";
import type { Selection } from "./inspector.tsx";
import type { Player } from "./player.ts";
import { landingOf, StageDrag } from "./stage-drag.ts";
import { laneOffset, StageLinks } from "./stage-links.tsx";
import { shapeOf } from "./message-kinds.tsx";
import { memberRadius, placesOf, stageSize, type Place, type Shore, type StagePlaces } from "./stage-places.ts";
import { isStill, roleOf, standingText } from "./standing.ts";
import { isVoter } from "./words.ts";

interface StageProps {
  readonly player: Player;
  readonly selection: Selection;
  /** Where links can be chosen and members dragged apart. */
  readonly hand?: HandState | undefined;
}

/** Members on a ring, or on islands, and the messages between them at this moment. */
export function Stage({ player, selection, hand }: StageProps) {
  const now = player.now.value;
  const { tape, event } = player;
  const views = tape.members.map((id) => viewAt(tape, id, event));
  const links = linksAt(tape, event);
  const outside = newestConfiguration(views).outside.join(" ");
  const placed = useMemo(
    () => placesOf(links.islands, outside === "" ? [] : outside.split(" ").map(Number)),
    [links.islands, outside],
  );
  const { places, shores } = placed;
  const dragging = useMemo(() => new StageDrag(), []);
  const drag = dragging.drag.value;
  const chooseLink = useMemo(
    () => (hand === undefined ? undefined : (from: number, to: number) => hand.ofLink(from, to)),
    [hand],
  );
  const chooseMember = (id: number): void => {
    if (dragging.takesClick()) return;
    selection.ofMember(id);
    if (hand !== undefined) hand.tab.value = "member";
  };
  const drop = (): void => {
    const groups = dragging.end(placed, links.islands);
    if (groups === undefined) return;
    player.act({ do: "partition", groups });
    if (hand !== undefined) hand.tab.value = "islands";
  };
  const apart = shores.length > 0 ? `; islands: ${shores.map(({ members }) => members.join(" ")).join(" | ")}` : "";
  const summary = views.map((view) => `member ${view.id} ${standingText(view)} in term ${view.term}`).join(", ");
  return (
    <svg
      class={`stage${hand === undefined ? "" : " is-to-drag"}${drag?.isMoving === true ? " is-dragging" : ""}`}
      viewBox={`0 0 ${stageSize} ${stageSize}`}
      role="group"
      aria-label={`The cluster: ${summary}${apart}`}
      onPointerMove={(move) => dragging.move(move)}
      onPointerUp={drop}
      onPointerCancel={() => dragging.cancel()}
    >
      <Shores shores={shores} drag={drag} placed={placed} islands={links.islands} />
      <StageLinks
        members={tape.members}
        links={links}
        usual={tape.usualLink}
        places={places}
        areIslands={shores.length > 0}
        chosen={hand?.tab.value === "links" ? hand.link.value : undefined}
        choose={chooseLink}
      />
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
          place={
            drag?.isMoving === true && drag.id === view.id ? { ...drag, scale: 1 } : (places.get(view.id) as Place)
          }
          isChosen={selection.member.value === view.id}
          choose={() => chooseMember(view.id)}
          take={hand === undefined ? undefined : (taken) => dragging.begin(taken, view.id)}
        />
      ))}
    </svg>
  );
}

interface ShoresProps {
  readonly shores: readonly Shore[];
  readonly drag: StageDrag["drag"]["value"];
  readonly placed: StagePlaces;
  readonly islands: readonly (readonly number[])[];
}

/** The islands, and what would come of letting a member go where it is dragged. */
function Shores({ shores, drag, placed, islands }: ShoresProps) {
  const landing = drag?.isMoving === true ? landingOf(drag, placed, islands) : undefined;
  const target = landing?.kind === "island" ? landing.place : -1;
  const isTarget = ({ members }: Shore): boolean => islands[target]?.includes(members[0] as number) === true;
  return (
    <g class="shores">
      {shores.map((shore) => (
        <circle
          key={shore.members.join()}
          cx={shore.x}
          cy={shore.y}
          r={shore.radius}
          class={isTarget(shore) ? "shore is-target" : "shore"}
        />
      ))}
      {drag?.isMoving === true && target >= islands.length && (
        <circle cx={drag.x} cy={drag.y} r={memberRadius + 14} class="shore is-target" />
      )}
      {drag?.isMoving === true && (
        <text x={stageSize / 2} y={stageSize - 6} class="landing">
          {landingText(drag.id, target, islands)}
        </text>
      )}
    </g>
  );
}

function landingText(id: number, target: number, islands: readonly (readonly number[])[]): string {
  if (target < 0) return `Member ${id} stays where it is`;
  const others = islands[target];
  return others === undefined
    ? `Let go: member ${id} is on an island of its own`
    : `Let go: member ${id} is on the island of ${others.join(", ")}`;
}

interface MemberProps {
  readonly view: MemberView;
  readonly now: number;
  readonly place: Place;
  readonly isChosen: boolean;
  readonly choose: () => void;
  readonly take: ((event: PointerEvent) => void) | undefined;
}

function Member({ view, now, place, isChosen, choose, take }: MemberProps) {
  const role = roleOf(view);
  const badges = badgesOf(view);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    choose();
  };
  return (
    <g
      class={`member ${classOf(view, role)}${isChosen ? " is-chosen" : ""}`}
      transform={`translate(${place.x} ${place.y}) scale(${place.scale})`}
      role="button"
      tabindex={0}
      aria-pressed={isChosen}
      aria-label={`Member ${view.id} ${role} term ${view.term}${view.vote > 0 ? ` vote ${view.vote}` : ""}${badges.length > 0 ? `, ${badges.join(", ")}` : ""}, log up to ${view.base + view.terms.length}`}
      onClick={choose}
      onKeyDown={onKeyDown}
      onPointerDown={take}
    >
      <circle r={memberRadius} class="body" />
      <Timer view={view} now={now} />
      <text y={-14} class="id">
        {view.id}
      </text>{" "}
      {role.length > 11 ? (
        // Whatever the font, it stays within its circle.
        <text y={5} class="role is-long" textLength={74} lengthAdjust="spacingAndGlyphs">
          {role}
        </text>
      ) : (
        <text y={5} class="role">
          {role}
        </text>
      )}{" "}
      <text y={21} class="term">
        term {view.term}
      </text>{" "}
      {view.vote > 0 && (
        <text y={34} class="vote">
          vote {view.vote}
        </text>
      )}{" "}
      {badges.map((badge, at) => (
        <g key={badge} class="badge" transform={`translate(0 ${memberRadius + 17 * at})`}>
          <rect x={-38} y={-8} width={76} height={16} rx={8} />
          <text y={4}>{badge}</text>{" "}
        </g>
      ))}
    </g>
  );
}

/** A paused leader is drawn as one, but is none of those that lead now. */
function classOf(view: MemberView, role: string): string {
  const name = role.replaceAll(" ", "-");
  return isStill(view) ? `is-paused was-${name}` : `is-${name}`;
}

/** What is wrong with its process or its machine, in a word or two. */
function badgesOf(view: MemberView): readonly string[] {
  const { clockRate, isDiskFull } = view;
  return [
    ...(isStill(view) ? ["paused"] : []),
    ...(Math.abs(clockRate - 1) < 0.0005 ? [] : [`clock ${signed(clockRate - 1)}`]),
    ...(isDiskFull ? ["disk full"] : []),
  ];
}

function signed(share: number): string {
  const percent = Math.round(1000 * Math.abs(share)) / 10;
  return `${share > 0 ? "+" : "−"}${percent} %`;
}

/** How much of the time is left until it stands for election; of a leader, until its next heartbeat. */
function Timer({ view, now }: { readonly view: MemberView; readonly now: number }) {
  const { dueAt, armedAt } = view;
  // Of those that do not vote nothing comes of it.
  if (dueAt === undefined || view.isPaused || dueAt - armedAt < 1000 || !isVoter(view)) return null;
  const left = Math.min(1, Math.max(0, (dueAt - now) / (dueAt - armedAt)));
  const around = 2 * Math.PI * (memberRadius + 6);
  return (
    <circle
      r={memberRadius + 6}
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
  const length = Math.max(1, Math.hypot(to.x - from.x, to.y - from.y));
  const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const along = memberRadius * from.scale + progress * (length - memberRadius * (from.scale + to.scale));
  const x = from.x + dx * along - dy * laneOffset;
  const y = from.y + dy * along + dx * laneOffset;
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
