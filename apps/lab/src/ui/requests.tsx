import type { Player } from "./player.ts";
import type { Tape, TapeRequest } from "../world/tape.ts";
import { decisionText, timeText } from "./words.ts";

const shown = 8;

/** What clients read, and whether each answer was fresh: the newest first. */
export function Requests({ player }: { readonly player: Player }) {
  const now = player.now.value;
  const asked = player.tape.requests.filter(({ askedAt }) => askedAt <= now);
  if (asked.length === 0) return null;
  const answered = asked.filter(({ answeredAt }) => answeredAt !== undefined && answeredAt <= now);
  const stale = answered.filter(({ index, needed }) => (index ?? 0) < needed);
  const latest = asked.slice(-shown).toReversed();
  return (
    <div class="panel" role="group" aria-label="Clients">
      <h2>Clients' reads</h2>
      <p>
        {asked.length} asked, {answered.length} answered,{" "}
        <strong class={stale.length > 0 ? "fell" : ""}>{stale.length} stale</strong>.
      </p>
      <ol class="requests">
        {latest.map((read) => {
          const isAnswered = read.answeredAt !== undefined && read.answeredAt <= now;
          const isStale = isAnswered && (read.index ?? 0) < read.needed;
          const lease = leaseText(player.tape, read);
          return (
            <li key={`${read.member} ${read.id}`} class={isStale ? "fell" : ""}>
              {timeText(read.askedAt)}: member {read.member}
              {lease === undefined ? "" : ` ${lease}`}, {isAnswered ? `answered as of entry ${read.index}` : "waits"}
              {isStale ? `, though entry ${read.needed} was committed when it was asked` : ""}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

/** A read is asked in one event, and taken in by its member in one of those that follow at that time. */
function leaseText({ events }: Tape, { member, askedAt, askedIn }: TapeRequest): string | undefined {
  for (let place = askedIn; place < events.length; place++) {
    const event = events[place];
    if (event === undefined || event.at > askedAt) return undefined;
    const asked = event.decisions.find((one) => one.member === member && one.rule === "mayServeLeaseRead");
    if (asked !== undefined) return decisionText(asked);
  }
  return undefined;
}
