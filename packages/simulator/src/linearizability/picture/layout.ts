import type { ShownOperation } from "./shown-operations.ts";

export interface Bar extends ShownOperation {
  readonly label: string;
  readonly row: number;
  /** Pixels from the left. An open operation ends at the right edge. */
  readonly from: number;
  readonly to: number;
  /** Where it is taken to have happened, if it has a place. */
  readonly instant: number | undefined;
}

export interface Lane {
  readonly process: string;
  readonly row: number;
  readonly rows: number;
}

export interface Layout {
  readonly bars: readonly Bar[];
  readonly lanes: readonly Lane[];
  readonly rows: number;
  readonly width: number;
  /** Times along the axis. */
  readonly ticks: readonly { readonly time: number; readonly x: number }[];
}

const leastStep = 16;
const dotWidth = 26;
const letterWidth = 7;
/** The operation that cannot be placed has a heavier label. */
const heavyLetterWidth = 8;

/**
 * Places operations for drawing. The axis keeps the order of calls and returns, not their distances: a column is as wide as
 * the labels and the numbers in it need.
 */
export function layOutPicture(
  shown: readonly ShownOperation[],
  labelOf: (operation: ShownOperation) => string,
): Layout {
  const times = [
    ...new Set(shown.flatMap(({ operation }) => [operation.call, operation.return ?? operation.call])),
  ].sort((a, b) => a - b);
  const column = new Map(times.map((time, at) => [time, at]));
  const columnOf = (time: number) => column.get(time) as number;
  const instants = instantsOf(shown, columnOf);
  const labels = shown.map(labelOf);
  const labelWidth = (at: number): number =>
    (labels[at] as string).length * (shown[at]?.blocked === true ? heavyLetterWidth : letterWidth);
  const xs: number[] = [];
  const returning = new Map<number, number[]>();
  shown.forEach(({ operation }, at) => {
    const end = columnOf(operation.return ?? operation.call);
    returning.set(end, [...(returning.get(end) ?? []), at]);
  });
  times.forEach((_, at) => {
    const dots = at === 0 ? 0 : (instants.get(at - 1)?.length ?? 0);
    let x = at === 0 ? 0 : (xs[at - 1] as number) + Math.max(leastStep, (dots + 1) * dotWidth);
    for (const each of returning.get(at) ?? []) {
      const start = xs[columnOf((shown[each] as ShownOperation).operation.call)] ?? x;
      x = Math.max(x, start + labelWidth(each) + 16);
    }
    xs.push(x);
  });
  const openEnds = shown.map(({ operation }, at) =>
    operation.return === undefined ? (xs[columnOf(operation.call)] as number) + labelWidth(at) + 40 : 0,
  );
  const lastDots = ((instants.get(times.length - 1)?.length ?? 0) + 1) * dotWidth;
  const width = Math.max((xs.at(-1) ?? 0) + lastDots, ...openEnds);
  const { rowOf, lanes, rows } = lanesOf(shown);
  const instantAt = new Map<ShownOperation, number>();
  for (const [at, group] of instants) {
    group.forEach((each, number) => instantAt.set(each, (xs[at] as number) + (number + 1) * dotWidth - dotWidth / 3));
  }
  return {
    lanes,
    rows,
    width,
    ticks: times.map((time, at) => ({ time, x: xs[at] as number })),
    bars: shown.map((each, at) => ({
      ...each,
      label: labels[at] as string,
      row: rowOf.get(each) as number,
      from: xs[columnOf(each.operation.call)] as number,
      to: each.operation.return === undefined ? width : (xs[columnOf(each.operation.return)] as number),
      instant: instantAt.get(each),
    })),
  };
}

/** Which operations of the order happen after which column: each as early as the order and its own call allow. */
function instantsOf(shown: readonly ShownOperation[], columnOf: (time: number) => number) {
  const instants = new Map<number, ShownOperation[]>();
  let latest = 0;
  const placed = shown.filter(({ place }) => place !== undefined);
  for (const each of placed.sort((a, b) => (a.place as number) - (b.place as number))) {
    latest = Math.max(latest, columnOf(each.operation.call));
    instants.set(latest, [...(instants.get(latest) ?? []), each]);
  }
  return instants;
}

/** One lane for each client, with more rows than one where its operations overlap. */
function lanesOf(shown: readonly ShownOperation[]) {
  const rowOf = new Map<ShownOperation, number>();
  const lanes: Lane[] = [];
  const clients = Map.groupBy(shown, ({ operation }) => String(operation.process));
  const names = [...clients.keys()].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  let rows = 0;
  for (const process of names) {
    const ends: number[] = [];
    for (const each of clients.get(process) ?? []) {
      const free = ends.findIndex((end) => end < each.operation.call);
      const row = free === -1 ? ends.length : free;
      ends[row] = each.operation.return ?? Infinity;
      rowOf.set(each, rows + row);
    }
    lanes.push({ process, row: rows, rows: ends.length });
    rows += ends.length;
  }
  return { rowOf, lanes, rows };
}
