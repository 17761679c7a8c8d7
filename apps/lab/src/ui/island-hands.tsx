import { linksAt } from "../world/links-at.ts";
import type { Player } from "./player.ts";

/** So many parts can the network be cut into by hand. */
export const mostIslands = 3;

/** Which island each member is on: what dragging members apart does, for those who do not drag. */
export function IslandHands({ player }: { readonly player: Player }) {
  const { tape, event } = player;
  const { islands } = linksAt(tape, event);
  const islandOf = (id: number): number => islands.findIndex((island) => island.includes(id));
  const isOther = islands.length > mostIslands;
  return (
    <div class="rows">
      <p class="hint">
        Drag a member away from the others on the stage, or say here which island it is on. Nothing gets from one island
        to another{isOther ? `; now there are ${islands.length}, by single links` : ""}.
      </p>
      <table class="islands" aria-label="Islands">
        <thead>
          <tr>
            <td />
            {islandNames.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tape.members.map((id) => (
            <tr key={id}>
              <th scope="row">member {id}</th>
              {islandNames.map((name, at) => (
                <td key={name}>
                  <input
                    type="radio"
                    name={`island of ${id}`}
                    aria-label={`Member ${id} on island ${name}`}
                    checked={!isOther && islandOf(id) === at}
                    onChange={() => player.act({ do: "partition", groups: movedTo(islands, id, at) })}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <div class="buttons">
        <button
          type="button"
          disabled={islands.length === 1}
          onClick={() => player.act({ do: "partition", groups: [] })}
        >
          Bring all together
        </button>
        <button type="button" onClick={() => player.act({ do: "heal" })}>
          Mend every link
        </button>
      </div>
    </div>
  );
}

const islandNames = ["A", "B", "C"] as const;

/** The groups that an action names when a member goes to the island at this place: all but the first, largest one. */
export function movedTo(
  islands: readonly (readonly number[])[],
  id: number,
  place: number,
): readonly (readonly number[])[] {
  const moved = islands.map((island) => island.filter((one) => one !== id));
  const target = place < moved.length ? place : moved.length;
  moved[target] = [...(moved[target] ?? []), id].toSorted((one, other) => one - other);
  const left = moved.filter((island) => island.length > 0);
  const largest = left.toSorted((one, other) => other.length - one.length)[0];
  return left.filter((island) => island !== largest);
}
