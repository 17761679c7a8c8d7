import { signal } from "@preact/signals";
import { mostIslands, movedTo } from "./island-hands.tsx";
import { stageSize, type Place, type StagePlaces } from "./stage-places.ts";

/** Less than that is a click; in units of the stage. */
const leastMove = 10;
/** Out of a ring, that far from its place is away from the others. */
const away = 55;

interface Drag {
  readonly id: number;
  readonly from: { readonly x: number; readonly y: number };
  readonly x: number;
  readonly y: number;
  readonly isMoving: boolean;
}

/** What a member that is dragged would do where it is. */
export type Landing = { readonly kind: "none" } | { readonly kind: "island"; readonly place: number };

/** A member is taken with the pointer, and put on an island. */
export class StageDrag {
  readonly drag = signal<Drag | undefined>(undefined);
  /** The click that ends a drag chooses nobody. */
  #hasMoved = false;

  /** Whether the click that comes now belongs to a drag. */
  takesClick(): boolean {
    const hasMoved = this.#hasMoved;
    this.#hasMoved = false;
    return hasMoved;
  }

  begin(event: PointerEvent, id: number): void {
    if (event.button !== 0) return;
    const at = pointOf(event);
    this.#hasMoved = false;
    this.drag.value = { id, from: at, ...at, isMoving: false };
  }

  move(event: PointerEvent): void {
    const drag = this.drag.value;
    if (drag === undefined) return;
    const { x, y } = pointOf(event);
    const isMoving = drag.isMoving || Math.hypot(x - drag.from.x, y - drag.from.y) > leastMove;
    if (isMoving && !drag.isMoving) {
      this.#hasMoved = true;
      (event.currentTarget as SVGElement).setPointerCapture(event.pointerId);
    }
    this.drag.value = { ...drag, x, y, isMoving };
  }

  /** The groups that the network falls into; undefined where all stays as it is. */
  end(places: StagePlaces, islands: readonly (readonly number[])[]): readonly (readonly number[])[] | undefined {
    const drag = this.drag.value;
    this.drag.value = undefined;
    if (drag?.isMoving !== true) return undefined;
    const landing = landingOf(drag, places, islands);
    return landing.kind === "none" ? undefined : movedTo(islands, drag.id, landing.place);
  }

  cancel(): void {
    this.drag.value = undefined;
  }
}

/** Where it would land: on another island, or on one of its own where there is room for one more. */
export function landingOf(
  { id, x, y }: Pick<Drag, "id" | "x" | "y">,
  { places, shores }: StagePlaces,
  islands: readonly (readonly number[])[],
): Landing {
  const own = islands.findIndex((island) => island.includes(id));
  const shore = shores.find((one) => Math.hypot(one.x - x, one.y - y) <= one.radius);
  const at = shore === undefined ? -1 : islands.findIndex((island) => island.includes(shore.members[0] as number));
  if (at >= 0) return at === own ? { kind: "none" } : { kind: "island", place: at };
  const home = places.get(id) as Place;
  const isAlone = islands[own]?.length === 1;
  const isAway = Math.hypot(home.x - x, home.y - y) > away;
  return isAway && !isAlone && islands.length < mostIslands
    ? { kind: "island", place: islands.length }
    : { kind: "none" };
}

/** In units of the stage. */
function pointOf(event: PointerEvent): { readonly x: number; readonly y: number } {
  const { left, top, width } = (event.currentTarget as SVGElement).getBoundingClientRect();
  const scale = stageSize / width;
  return { x: (event.clientX - left) * scale, y: (event.clientY - top) * scale };
}
