import { signal, type Signal } from "@preact/signals";

/** Everything that the page of arithmetic asks for, as it stands in its link. */
export interface Inputs {
  readonly members: number;
  readonly quorum: number;
  /** How long a member runs between failures, and how long a failure lasts, in hours. */
  readonly failsEvery: number;
  readonly repair: number;
  /** Round trips from the leader to each other member, in ms. */
  readonly roundTrips: readonly number[];
  readonly syncMs: number;
  readonly timeoutMs: number;
  readonly windowMs: number;
  readonly oneWayMs: number;
}

const usual: Inputs = {
  members: 5,
  quorum: 3,
  failsEvery: 720,
  repair: 2,
  roundTrips: [1, 12, 70, 150],
  syncMs: 2,
  timeoutMs: 1000,
  windowMs: 1000,
  oneWayMs: 5,
};

/** Reads what a link says; whatever is missing or no number is as usual. */
export function readInputs(argument: string): Inputs {
  const given = new URLSearchParams(argument);
  const number = (name: keyof Inputs, least: number, most: number): number => {
    const value = Number(given.get(name) ?? Number.NaN);
    return value >= least && value <= most ? value : (usual[name] as number);
  };
  const members = Math.round(number("members", 1, 15));
  const roundTrips = (given.get("roundTrips") ?? "").split(",").map(Number);
  const areTimes = roundTrips.length === members - 1 && roundTrips.every((time) => time >= 0 && time <= 10_000);
  return {
    members,
    quorum: Math.min(members, Math.round(number("quorum", 1, 15))),
    failsEvery: number("failsEvery", 1, 1e6),
    repair: number("repair", 0.01, 1e4),
    roundTrips: areTimes ? roundTrips : timesFor(members),
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

function timesFor(members: number): readonly number[] {
  return Array.from({ length: members - 1 }, (_, at) => usual.roundTrips[at] ?? 20 * (at + 1));
}

/** Inputs that a page may change; the address follows. */
export function inputsOf(argument: string): {
  readonly inputs: Signal<Inputs>;
  change: (part: Partial<Inputs>) => void;
} {
  const inputs = signal(readInputs(argument));
  const change = (part: Partial<Inputs>): void => {
    inputs.value = readInputs(writeInputs({ ...inputs.value, ...part }));
    history.replaceState(null, "", `#/quorum/${writeInputs(inputs.value)}`);
  };
  return { inputs, change };
}
