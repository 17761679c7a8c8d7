import type { Player } from "./player.ts";
import { timeText } from "./words.ts";

const shown = 8;

/** What clients read, and whether each answer was fresh: the newest first. */
export function Requests({ player }: { readonly player: Player }) {
  const now = player.now.value;
  const asked = player.tape.requests.filter(({ askedAt }) => askedAt <= now);
  if (asked.length === 0) return null;
  const answered = asked.filter(({ answeredAt }) => answeredAt !== undefined && answeredAt <= now);
  const stale = answered.filter(({ index, needed }) => (index ?? 0) < needed);
  return (
    <div class="panel" role="group" aria-label="Clients">
      <h2>Clients' reads</h2>
      <p>
        {asked.length} asked, {answered.length} answered,{" "}
        <strong class={stale.length > 0 ? "fell" : ""}>{stale.length} stale</strong>.
      </p>
      <ol class="requests">
        {asked
          .slice(-shown)
          .toReversed()
          .map((read) => {
            const isAnswered = read.answeredAt !== undefined && read.answeredAt <= now;
            const isStale = isAnswered && (read.index ?? 0) < read.needed;
            return (
              <li key={`${read.member} ${read.id}`} class={isStale ? "fell" : ""}>
                {timeText(read.askedAt)}: member {read.member},{" "}
                {isAnswered ? `answered as of entry ${read.index}` : "waits"}
                {isStale ? `, though entry ${read.needed} was committed when it was asked` : ""}
              </li>
            );
          })}
      </ol>
    </div>
  );
}
