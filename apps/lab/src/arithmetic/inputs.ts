/** Everything that the page of arithmetic asks for, as it stands in its link. */
export interface Inputs {
  readonly members: number;
  readonly quorum: number;
  /** How long a member runs between failures, and how long a failure lasts, in hours. */
  readonly failsEvery: number;
  readonly repair: number;
  /** Which member leads, from 1. */
  readonly leader: number;
  /** Round trips in ms, of each pair once: 1 and 2, 1 and 3, ... 2 and 3, ... */
  readonly roundTrips: readonly number[];
  readonly syncMs: number;
  readonly timeoutMs: number;
  readonly windowMs: number;
  readonly oneWayMs: number;
}

/** In ms. */
export const mostTripMs = 1000;

const usual: Inputs = {
  members: 5,
  quorum: 3,
  failsEvery: 720,
  repair: 2,
  leader: 1,
  roundTrips: [],
  syncMs: 2,
  timeoutMs: 1000,
  windowMs: 1000,
  oneWayMs: 5,
};

/** Where members are on a line unless a link says otherwise: the first five, in ms of round trip. */
const usualPlaces = [0, 1, 12, 70, 150];

/** Reads what a link says; whatever is missing or no number is as usual. */
export function readInputs(argument: string): Inputs {
  const given = new URLSearchParams(argument);
  const number = (name: keyof Inputs, least: number, most: number): number => {
    const value = Number(given.get(name) ?? Number.NaN);
    return value >= least && value <= most ? value : (usual[name] as number);
  };
  const members = Math.round(number("members", 1, 15));
  const roundTrips = (given.get("roundTrips") ?? "").split(",").map(Number);
  const areTimes = roundTrips.every((time) => time >= 0 && time <= mostTripMs);
  return {
    members,
    quorum: Math.min(members, Math.round(number("quorum", 1, 15))),
    failsEvery: number("failsEvery", 1, 1e6),
    repair: number("repair", 0.01, 1e4),
    leader: Math.min(members, Math.round(number("leader", 1, 15))),
    roundTrips: areTimes ? tripsOf(members, roundTrips) : tripsOf(members, []),
    syncMs: number("syncMs", 0, 1000),
    timeoutMs: number("timeoutMs", 10, 50_000),
    windowMs: number("windowMs", 5, 50_000),
    oneWayMs: number("oneWayMs", 0, 1000),
  };
}

/** As it stands behind the page's name in an address. */
export function writeInputs(inputs: Inputs): string {
  return new URLSearchParams(Object.entries(inputs).map(([name, value]) => [name, String(value)])).toString();
}

/** The round trips of all pairs: as given, or from member 1 to the others on a line as links gave them once, or as usual. */
function tripsOf(members: number, given: readonly number[]): readonly number[] {
  const pairs = (members * (members - 1)) / 2;
  if (given.length === pairs) return given;
  const all = Array.from({ length: members }, (_, at) => at);
  const places = given.length === members - 1 ? [0, ...given] : all.map((at) => usualPlaces[at] ?? 150 + 20 * (at - 4));
  return all.flatMap((one) =>
    all.slice(one + 1).map((other) => Math.abs((places[other] as number) - (places[one] as number))),
  );
}

/** Where the round trip of two members, from 0, stands among those of all pairs. */
export function pairAt(members: number, one: number, other: number): number {
  const [low, high] = [Math.min(one, other), Math.max(one, other)];
  return low * members - (low * (low + 1)) / 2 + high - low - 1;
}

/** From each to each, in ms. */
export function tripMatrix({ members, roundTrips }: Pick<Inputs, "members" | "roundTrips">): readonly number[][] {
  const all = Array.from({ length: members }, (_, at) => at);
  return all.map((one) =>
    all.map((other) => (one === other ? 0 : (roundTrips[pairAt(members, one, other)] as number))),
  );
}
