import { useMemo } from "preact/hooks";
import { mostChecked, verdictOf } from "../world/client-verdict.ts";
import type { ClientOperation, Tape } from "../world/tape.ts";
import { lanesOf } from "./client-bars.ts";
import { operationSentence, operationText, outcomeAt, verdictText } from "./client-words.ts";
import type { Player } from "./player.ts";
import { decisionText, timeText } from "./words.ts";

const width = 1000;
const rowHeight = 26;
const letterWidth = 8;
const listed = 8;

interface ClientsProps {
  readonly player: Player;
  /** What times are counted from, in µs. */
  readonly from?: number;
}

/** Each write and read of clients from its call to its answer, and whether one register could have answered so. */
export function Clients({ player, from = 0 }: ClientsProps) {
  const { tape, event } = player;
  const now = player.now.value;
  const { operations } = tape;
  const ended = operations.filter(({ outcome }) => outcome !== undefined).length;
  const verdict = useMemo(() => verdictOf(operations), [operations, operations.length, ended]);
  const asked = operations.filter(({ askedAt }) => askedAt <= now);
  if (operations.length === 0) return null;
  const isFallen = verdict.fall !== undefined && verdict.fall.event <= event;
  const old = asked.filter((one) => outcomeAt(one, event) === "answered" && (one.index ?? 0) < one.needed).length;
  return (
    <div class="panel clients" role="group" aria-label="Clients">
      <h2>Clients</h2>
      <p>
        <strong class={isFallen ? "fell" : "holds"}>{sentence(verdictText(verdict, event, from))}</strong>
        {old > 0 && !isFallen && ` ${old} read as of an older entry than it had to, but no write stands between.`}
      </p>
      <Lanes player={player} asked={asked} from={from} stale={isFallen ? verdict.fall?.operation : undefined} />
      <details>
        <summary>The newest in words, and what the verdict covers</summary>
        <ol class="requests" aria-label="The newest calls of clients">
          {asked
            .slice(-listed)
            .toReversed()
            .map((operation) => (
              <li key={`${operation.askedIn} ${operation.kind} ${operation.member} ${operation.value}`}>
                {operationSentence(operation, event, from)}
                {leaseText(tape, operation)}
              </li>
            ))}
        </ol>
        <p class="quiet">
          Commands that a leader took are writes of one register, numbered as they were taken; a command that is refused
          at once writes nothing, and is not shown. A write is answered when the member that took it applies it. A read
          finds the newest write at or before the entry that its answer is as of. The simulator's checker looks for one
          order that explains all answers up to this moment (up to {mostChecked.toLocaleString("en")} operations). A
          write that was answered and lost shows here once a read misses it; the invariants show it at once.
        </p>
      </details>
    </div>
  );
}

interface LanesProps {
  readonly player: Player;
  readonly asked: readonly ClientOperation[];
  readonly from: number;
  readonly stale: ClientOperation | undefined;
}

function Lanes({ player, asked, from, stale }: LanesProps) {
  const { event, electionTimeoutMs } = player;
  const now = player.now.value;
  const windowMicros = Math.max(40_000, electionTimeoutMs * 1000);
  const begin = Math.max(0, now - windowMicros * 0.9);
  const text = (one: ClientOperation): string => `${operationText(one, event)}${one === stale ? ", stale" : ""}`;
  const answeredByNow = asked.map((one) =>
    outcomeAt(one, event) === undefined ? { ...one, endedAt: undefined } : one,
  );
  const { lanes, leftOut } = lanesOf(answeredByNow, {
    from: begin,
    until: Math.max(now, begin + 1),
    width: width * 0.9,
    textWidth: (one) => text(one).length * letterWidth,
  });
  if (lanes.length === 0) return <p class="quiet">Nobody asks at this moment, or did within T before it.</p>;
  const rows = lanes.reduce((sum, lane) => sum + lane.rows, 0);
  const height = (rows + lanes.length * 0.3) * rowHeight;
  let top = 0;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Calls of clients over time">
      <svg
        class="client-lanes"
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`Calls of clients from ${timeText(begin - from)} to ${timeText(now - from)}: ${inWords(lanes.flatMap(({ bars }) => bars.map(({ operation }) => `member ${operation.member}, ${text(operation)}`)))}`}
      >
        {lanes.map(({ member, bars, rows: taken }) => {
          const above = top;
          top += taken * rowHeight + rowHeight * 0.3;
          return (
            <g key={member} class="lane">
              <line x1={0} x2={width} y1={top - 2} y2={top - 2} />
              <text x={0} y={above + 17}>
                {member}
              </text>
              {bars.map(({ operation, row, x, width: wide }) => {
                const y = above + row * rowHeight;
                const outcome = outcomeAt(operation, event) ?? "open";
                return (
                  <g
                    key={`${operation.askedIn} ${operation.kind} ${operation.value} ${row}`}
                    class={`call is-${outcome} of-${operation.kind}`}
                  >
                    <title>{operationSentence(operation, event, from)}</title>
                    <line x1={20 + x} x2={20 + x + wide} y1={y + 21.5} y2={y + 21.5} />
                    {outcome === "open" && <path d={`M${20 + x + wide} ${y + 17}l7 4.5l-7 4.5`} />}
                    <text x={20 + x} y={y + 16} class={text(operation).endsWith("stale") ? "is-stale" : ""}>
                      {text(operation)}
                    </text>
                  </g>
                );
              })}
            </g>
          );
        })}
      </svg>
      {leftOut > 0 && <p class="quiet">and {leftOut} before these</p>}
    </div>
  );
}

function inWords(parts: readonly string[]): string {
  const most = 20;
  const more = parts.length - most;
  return `${parts.slice(-most).join("; ")}${more > 0 ? `; and ${more} before` : ""}`;
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

/** A read is asked in one event, and taken in by its member in one of those that follow at that time. */
function leaseText({ events }: Tape, { kind, member, askedAt, askedIn }: ClientOperation): string {
  if (kind === "write") return "";
  for (let place = askedIn; place < events.length; place++) {
    const event = events[place];
    if (event === undefined || event.at > askedAt) return "";
    const asked = event.decisions.find((one) => one.member === member && one.rule === "mayServeLeaseRead");
    if (asked !== undefined) return ` (member ${member} ${decisionText(asked)})`;
  }
  return "";
}
