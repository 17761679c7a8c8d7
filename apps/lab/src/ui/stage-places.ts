export const stageSize = 520;
export const memberRadius = 44;
const middle = stageSize / 2;
const ringRadius = 190;
/** Between the middles of neighbours on an island. */
const apart = 94;
/** From the middle of the outermost member to the shore. */
const beach = memberRadius + 12;
/** Of those that belong to no cluster: how much smaller they are drawn. */
const outsideScale = 0.55;

export interface Place {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** Land around the members of one part of a network that is cut apart. */
export interface Shore {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly members: readonly number[];
}

export interface StagePlaces {
  readonly places: ReadonlyMap<number, Place>;
  /** None while all are together, or too many are apart. */
  readonly shores: readonly Shore[];
}

/** Where everybody stands: on a ring; on two or three islands; and those that do not belong to the cluster in the corners. */
export function placesOf(islands: readonly (readonly number[])[], outside: readonly number[]): StagePlaces {
  const inside = islands
    .map((island) => island.filter((id) => !outside.includes(id)))
    .filter(({ length }) => length > 0);
  const places = new Map<number, Place>();
  for (const [at, id] of outside.entries()) places.set(id, { ...(corners[at] as Place), scale: outsideScale });
  if (inside.length < 2 || inside.length > shoreCorners.length) {
    const members = inside.flat().toSorted((one, other) => one - other);
    ring(places, members, middle, middle, members.length === 1 ? 0 : ringRadius);
    return { places, shores: [] };
  }
  const largestFirst = inside.toSorted((one, other) => other.length - one.length);
  const stretch = largestFirst.length === 2 ? stretchOf(largestFirst) : 1;
  const shores = largestFirst.map((members, at) => {
    const around = stretch * ringOf(members.length);
    const radius = around + beach;
    const [right, bottom] = shoreCorners[at] as (typeof shoreCorners)[number];
    const x = right ? stageSize - radius - 4 : radius + 4;
    const y = bottom ? stageSize - radius - 4 : radius + 4;
    ring(places, members, x, y, around);
    return { x, y, radius, members };
  });
  return { places, shores };
}

/** The largest island is top left, the next one opposite; whether each is right, and at the bottom. */
const shoreCorners = [
  [false, false],
  [true, true],
  [true, false],
] as const;

/** So many members of one ring keep apart. */
function ringOf(members: number): number {
  return members === 1 ? 0 : apart / (2 * Math.sin(Math.PI / members));
}

/** Two islands lie on a diagonal of the stage: how much further apart their members may stand than they must. */
function stretchOf(islands: readonly (readonly number[])[]): number {
  const rings = islands.reduce((sum, { length }) => sum + ringOf(length), 0);
  const room = (Math.SQRT2 * (stageSize - 8) - 40) / (1 + Math.SQRT2) - islands.length * beach;
  return rings === 0 ? 1 : Math.min(1.5, Math.max(1, room / rings));
}

function ring(places: Map<number, Place>, members: readonly number[], x: number, y: number, radius: number): void {
  for (const [at, id] of members.entries()) {
    const angle = (2 * Math.PI * at) / members.length - Math.PI / 2;
    places.set(id, { x: x + radius * Math.cos(angle), y: y + radius * Math.sin(angle), scale: 1 });
  }
}

/** Where neither the ring nor two islands reach. */
const corners: readonly Pick<Place, "x" | "y">[] = [
  { x: 32, y: 486 },
  { x: 92, y: 486 },
  { x: 32, y: 426 },
  { x: 488, y: 34 },
  { x: 428, y: 34 },
  { x: 488, y: 94 },
  { x: 488, y: 486 },
  { x: 32, y: 34 },
];
