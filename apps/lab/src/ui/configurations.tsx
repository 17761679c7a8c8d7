import { viewAt } from "../world/tape.ts";
import type { Player } from "./player.ts";
import { votersText } from "./words.ts";

/** Whom members take for the voters, while they do not agree on that. */
export function Configurations({ player }: { readonly player: Player }) {
  const { tape, event } = player;
  const views = tape.members.map((id) => viewAt(tape, id, event)).filter(({ voters }) => voters.length > 0);
  const known = [...new Set(views.map(votersText))];
  if (known.length < 2) return null;
  return (
    <ul class="configurations" aria-label="The voters, as members know them">
      {known.map((voters) => (
        <li key={voters}>
          {membersText(views.filter((view) => votersText(view) === voters).map(({ id }) => id))} by the voters{" "}
          <strong>{voters}</strong>
        </li>
      ))}
    </ul>
  );
}

function membersText(ids: readonly number[]): string {
  return ids.length === 1 ? `Member ${ids[0]} goes` : `Members ${ids.join(", ")} go`;
}
