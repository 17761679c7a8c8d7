import { useState } from "preact/hooks";
import type { LabAction } from "../world/lab-action.ts";
import { viewAt } from "../world/tape.ts";
import type { Selection } from "./inspector.tsx";
import type { Player } from "./player.ts";
import { votersText } from "./words.ts";

/** What the reader can do to the chosen member, at this moment. */
export function HandPanel({ player, selection }: { readonly player: Player; readonly selection: Selection }) {
  const { tape, event } = player;
  const chosen = selection.member.value === 0 ? (tape.members[0] as number) : selection.member.value;
  const view = viewAt(tape, chosen, event);
  const act = (action: LabAction): void => player.act(action);
  // Cores do not pass requests on: a follower would refuse these, and nothing would be seen.
  const isLeader = view.isUp && view.role === "leader";
  const others = tape.members.filter((id) => id !== chosen);
  return (
    <div class="panel hand" role="group" aria-label="Do something">
      <h2>Do something</h2>
      <label>
        to member
        <select
          value={String(chosen)}
          onChange={(change) => {
            selection.member.value = Number(change.currentTarget.value);
          }}
        >
          {tape.members.map((id) => (
            <option key={id} value={String(id)}>
              {id}
            </option>
          ))}
        </select>
      </label>
      <div class="buttons">
        {view.isUp ? (
          <button type="button" onClick={() => act({ do: "crash", who: chosen })}>
            Kill
          </button>
        ) : (
          <button type="button" onClick={() => act({ do: "start", who: chosen })}>
            Start
          </button>
        )}
        {view.isPaused ? (
          <button type="button" onClick={() => act({ do: "resume", who: chosen })}>
            Let go on
          </button>
        ) : (
          <>
            <button type="button" disabled={!view.isUp} onClick={() => act({ do: "pause", who: chosen })}>
              Pause
            </button>
            <button type="button" disabled={!view.isUp} onClick={() => act({ do: "suspend", who: chosen })}>
              Put to sleep
            </button>
          </>
        )}
        <button type="button" onClick={() => act({ do: "partition", groups: [[chosen]] })}>
          Cut off
        </button>
        <button type="button" onClick={() => act({ do: "stall-disk", who: chosen, ms: 5 * player.electionTimeoutMs })}>
          Stall its disk
        </button>
        <button type="button" onClick={() => act({ do: "break-disk", who: chosen })}>
          Break its disk
        </button>
        <button type="button" onClick={() => act({ do: "damage-disk", who: chosen, place: 0.5 })}>
          Damage its log
        </button>
        <button
          type="button"
          onClick={() => act({ do: "jump-clock", who: chosen, ms: Math.round(player.electionTimeoutMs / 2) })}
        >
          Clock jumps T/2
        </button>
        <button type="button" disabled={!isLeader} onClick={() => act({ do: "write", to: chosen, count: 1 })}>
          Write
        </button>
        <button type="button" disabled={!view.isUp} onClick={() => act({ do: "read", from: chosen })}>
          Read
        </button>
        <button type="button" disabled={!view.isUp} onClick={() => act({ do: "read-by-clock", from: chosen })}>
          Read by lease
        </button>
        <button type="button" disabled={!view.isUp} onClick={() => act({ do: "prune", who: chosen })}>
          Checkpoint
        </button>
      </div>
      <div class="buttons">
        <OtherMember
          others={others}
          label="Hand over to"
          isLeader={isLeader}
          act={(to) => act({ do: "hand-over", from: chosen, to })}
        />
        <VotersForm
          voters={votersText(view)}
          members={tape.members}
          present={view.voters}
          isLeader={isLeader}
          change={(voters) => act({ do: "members", by: chosen, voters, learners: [], promotable: [] })}
        />
        <button type="button" disabled={!isLeader} onClick={() => act({ do: "abandon", by: chosen })}>
          Give the change up
        </button>
      </div>
      {!isLeader && <p class="quiet">Only a leader takes writes, hands over, or changes the voters.</p>}
    </div>
  );
}

interface OtherMemberProps {
  readonly others: readonly number[];
  readonly label: string;
  readonly isLeader: boolean;
  readonly act: (to: number) => void;
}

function OtherMember({ others, label, isLeader, act }: OtherMemberProps) {
  const [to, setTo] = useState(others[0] ?? 0);
  const chosen = others.includes(to) ? to : (others[0] ?? 0);
  if (others.length === 0) return null;
  return (
    <span class="pair">
      <button type="button" disabled={!isLeader} onClick={() => act(chosen)}>
        {label}
      </button>
      <select aria-label={label} value={String(chosen)} onChange={(event) => setTo(Number(event.currentTarget.value))}>
        {others.map((id) => (
          <option key={id} value={String(id)}>
            {id}
          </option>
        ))}
      </select>
    </span>
  );
}

interface VotersFormProps {
  readonly voters: string;
  readonly members: readonly number[];
  readonly present: readonly number[];
  readonly isLeader: boolean;
  readonly change: (voters: readonly number[]) => void;
}

/** Who is to vote: the chosen member is asked for it, as an operator would ask a leader. */
function VotersForm({ voters, members, present, isLeader, change }: VotersFormProps) {
  const [wanted, setWanted] = useState<readonly number[] | undefined>(undefined);
  const shown = wanted ?? present;
  return (
    <fieldset>
      <legend>Voters (now {voters})</legend>
      {members.map((id) => (
        <label key={id}>
          <input
            type="checkbox"
            checked={shown.includes(id)}
            onChange={(event) =>
              setWanted(
                event.currentTarget.checked
                  ? [...shown, id].toSorted((one, other) => one - other)
                  : shown.filter((one) => one !== id),
              )
            }
          />
          {id}
        </label>
      ))}
      <button type="button" disabled={!isLeader || shown.length === 0} onClick={() => change(shown)}>
        Change
      </button>
    </fieldset>
  );
}
