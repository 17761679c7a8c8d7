import { useMemo } from "preact/hooks";
import { linkKey, type LinksAt } from "../world/links-at.ts";
import type { LinkChange, LinkState } from "../world/tape.ts";
import type { LinkChoice } from "./hand-state.ts";
import { linkKind, linkText } from "./link-words.ts";
import { memberRadius, stageSize, type Place } from "./stage-places.ts";

/** Both directions keep to their right, so that they do not hide each other. */
export const laneOffset = 7;
/** Beyond so many, what is said of each would cover the stage: the patterns of the lines have to do. */
const mostLabels = 8;

interface StageLinksProps {
  readonly members: readonly number[];
  readonly links: LinksAt;
  readonly usual: LinkState;
  readonly places: ReadonlyMap<number, Place>;
  /** Between islands nothing is drawn: the water says it. */
  readonly areIslands: boolean;
  /** Absent where links are only looked at. */
  readonly chosen?: LinkChoice | undefined;
  readonly choose?: ((from: number, to: number) => void) | undefined;
}

/** The links of each direction that are not as they were, and a place to click on each. */
export function StageLinks({ members, links, usual, places, areIslands, chosen, choose }: StageLinksProps) {
  // Drawn anew when a link changes or somebody moves, and not with each frame.
  return useMemo(() => {
    const isDrawn = ({ from, to }: LinkChoice): boolean => {
      const [one, other] = [places.get(from), places.get(to)];
      // Whoever is outside takes no part: its links are in the matrix.
      if (from === to || one?.scale !== 1 || other?.scale !== 1) return false;
      return !areIslands || links.islands.some((island) => island.includes(from) && island.includes(to));
    };
    const changed = [...links.changed.values()].filter(isDrawn);
    const hasLabels = changed.length <= mostLabels;
    const together = hasLabels ? undefined : oneTextOf(changed, usual);
    return (
      <g class="links-on-stage" aria-hidden="true">
        {choose !== undefined && <Lanes lanes={lanesOf(members, places, isDrawn)} chosen={chosen} choose={choose} />}
        {changed.map((link) => (
          <ChangedLink
            key={linkKey(link.from, link.to)}
            link={link}
            usual={usual}
            from={places.get(link.from)}
            to={places.get(link.to)}
            hasLabel={hasLabels}
          />
        ))}
        {together !== undefined && (
          <text x={stageSize / 2} y={stageSize - 6} class="together">
            {together}
          </text>
        )}
      </g>
    );
  }, [members, links, usual, places, areIslands, chosen?.from, chosen?.to, choose]);
}

/** Where too many links have changed for words at each, and all in the same way, it is said once. */
function oneTextOf(changed: readonly LinkChange[], usual: LinkState): string | undefined {
  const texts = new Set(changed.filter(({ isBlocked }) => !isBlocked).map((link) => linkText(link, usual)));
  const [text] = texts;
  return texts.size === 1 ? text : undefined;
}

interface LanesProps {
  readonly lanes: readonly Lane[];
  readonly chosen: LinkChoice | undefined;
  readonly choose: (from: number, to: number) => void;
}

/** Drawn in one go; what can be clicked on is wider, and not drawn. */
function Lanes({ lanes, chosen, choose }: LanesProps) {
  const marked = lanes.find(({ from, to }) => from === chosen?.from && to === chosen.to)?.line;
  return (
    <g class="lanes">
      <path class="all" d={lanes.map(({ line }) => `M${line.x1} ${line.y1}L${line.x2} ${line.y2}`).join("")} />
      {marked !== undefined && <line {...marked} class="chosen" />}
      {lanes.map(({ from, to, line }) => (
        <line key={linkKey(from, to)} {...line} class="reach" onClick={() => choose(from, to)}>
          <title>{`The link from ${from} to ${to}`}</title>
        </line>
      ))}
    </g>
  );
}

interface Lane {
  readonly from: number;
  readonly to: number;
  readonly line: { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number };
}

function lanesOf(
  members: readonly number[],
  places: ReadonlyMap<number, Place>,
  isDrawn: (link: LinkChoice) => boolean,
): readonly Lane[] {
  return members.flatMap((from) =>
    members.flatMap((to) => {
      const [one, other] = [places.get(from), places.get(to)];
      if (one === undefined || other === undefined || !isDrawn({ from, to })) return [];
      const { x, y } = along(one, other);
      const [start, end] = [x(0), x(1)];
      return [{ from, to, line: { x1: start, y1: y(0), x2: end, y2: y(1) } }];
    }),
  );
}

/** From shore to shore of two members, on the right of the way: 0 at its beginning, 1 at its end. */
function along(from: Place, to: Place) {
  const length = Math.max(1, Math.hypot(to.x - from.x, to.y - from.y));
  const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const free = length - memberRadius * (from.scale + to.scale);
  const at = (share: number): number => memberRadius * from.scale + share * free;
  return {
    dx,
    dy,
    x: (share: number) => from.x + dx * at(share) - dy * laneOffset,
    y: (share: number) => from.y + dy * at(share) + dx * laneOffset,
  };
}

interface ChangedLinkProps {
  readonly link: LinkChange;
  readonly usual: LinkState;
  readonly from: Place | undefined;
  readonly to: Place | undefined;
  readonly hasLabel: boolean;
}

function ChangedLink({ link, usual, from, to, hasLabel }: ChangedLinkProps) {
  if (from === undefined || to === undefined) return null;
  const { x, y, dx, dy } = along(from, to);
  const kind = linkKind(link, usual);
  if (kind === "cut") {
    const [cutX, cutY] = [x(0.4), y(0.4)];
    return (
      <g class="changed-link is-cut">
        <line x1={x(0)} y1={y(0)} x2={cutX} y2={cutY} />
        <path d={`M${cutX - 6} ${cutY - 6}L${cutX + 6} ${cutY + 6}M${cutX - 6} ${cutY + 6}L${cutX + 6} ${cutY - 6}`} />
      </g>
    );
  }
  const [tipX, tipY] = [x(0.94), y(0.94)];
  const wing = (side: 1 | -1): string => `${tipX - dx * 9 - side * dy * 5} ${tipY - dy * 9 + side * dx * 5}`;
  const text = linkText(link, usual) ?? "";
  const width = 6.4 * text.length + 10;
  return (
    <g class={`changed-link is-${kind}`}>
      <line x1={x(0)} y1={y(0)} x2={tipX} y2={tipY} />
      <path d={`M${wing(1)}L${tipX} ${tipY}L${wing(-1)}`} />
      {hasLabel && text !== "" && (
        <g class="label" transform={`translate(${x(0.32)} ${y(0.32)})`}>
          <rect x={-width / 2} y={-9} width={width} height={18} rx={9} />
          <text y={4}>{text}</text>
        </g>
      )}
    </g>
  );
}
