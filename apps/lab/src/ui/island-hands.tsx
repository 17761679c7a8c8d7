import { useRef } from "preact/hooks";
import type { Player } from "./player.ts";

/** So many parts can the network be cut into by hand. */
export const mostIslands = 3;

interface IslandHandsProps {
  readonly player: Player;
  readonly islands: readonly (readonly number[])[];
  readonly members: readonly number[];
}

/** Which island each member is on: what dragging members apart does, for those who do not drag. */
export function IslandHands({ player, islands, members }: IslandHandsProps) {
  const isOther = islands.length > mostIslands;
  const named = useRef<Named>([]);
  named.current = namesKept(islands, named.current);
  const isFixed = player.forbids({ do: "partition", groups: [] }) !== undefined;
  const move = (id: number, place: number): void => {
    named.current = moved(named.current, id, place);
    player.act({ do: "partition", groups: groupsOf(named.current) });
  };
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
          {members.map((id) => (
            <tr key={id}>
              <th scope="row">member {id}</th>
              {islandNames.map((name, at) => (
                <td key={name}>
                  <input
                    type="radio"
                    name={`island of ${id}`}
                    aria-label={`Member ${id} on island ${name}`}
                    disabled={isFixed}
                    checked={!isOther && named.current[at]?.includes(id) === true}
                    onChange={() => move(id, at)}
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
          disabled={isFixed || islands.length === 1}
          onClick={() => player.act({ do: "partition", groups: [] })}
        >
          Bring all together
        </button>
        <button
          type="button"
          disabled={player.forbids({ do: "heal" }) !== undefined}
          onClick={() => player.act({ do: "heal" })}
        >
          Mend every link
        </button>
      </div>
    </div>
  );
}

const islandNames = ["A", "B", "C"] as const;

/** The members of each island by its place among the names; a name may be free. */
type Named = readonly (readonly number[] | undefined)[];

/** An island keeps its name when somebody goes or comes: it is the one that shares most members with what had the name. */
function namesKept(islands: readonly (readonly number[])[], before: Named): Named {
  const left = new Set(islands.toSorted((one, other) => other.length - one.length));
  const shared = (island: readonly number[], had: readonly number[]): number =>
    island.filter((id) => had.includes(id)).length;
  const kept = islandNames.map((_, at) => {
    const had = before[at] ?? [];
    const [most] = [...left].toSorted((one, other) => shared(other, had) - shared(one, had));
    if (most === undefined || shared(most, had) === 0) return undefined;
    left.delete(most);
    return most;
  });
  return kept.map((island) => {
    if (island !== undefined) return island;
    const [next] = left;
    if (next !== undefined) left.delete(next);
    return next;
  });
}

function moved(islands: Named, id: number, place: number): Named {
  const without = islands.map((island) => island?.filter((one) => one !== id));
  return without.map((island, at) => (at === place ? (island ?? []).concat(id) : island));
}

/** What an action names: all islands but the largest. */
function groupsOf(islands: Named): readonly (readonly number[])[] {
  const left = islands.filter((island) => island !== undefined && island.length > 0) as (readonly number[])[];
  const largest = left.toSorted((one, other) => other.length - one.length)[0];
  return left.filter((island) => island !== largest).map((island) => island.toSorted((one, other) => one - other));
}

/** The groups that an action names when a member goes to the island at this place, or to a new one behind the last. */
export function movedTo(
  islands: readonly (readonly number[])[],
  id: number,
  place: number,
): readonly (readonly number[])[] {
  return groupsOf(moved(place < islands.length ? islands : [...islands, []], id, place));
}
