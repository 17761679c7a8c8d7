import { useState } from "preact/hooks";
import type { LabAction } from "../world/lab-action.ts";
import type { MemberView } from "../world/tape.ts";
import { newestConfiguration, type Membership } from "./configuration.ts";
import { driftBoundOf } from "./drift-bound.ts";
import { HandSlider } from "./hand-slider.tsx";
import { Row } from "./member-hands.tsx";
import { newestLeader, replacementFor } from "./membership.ts";
import type { Player } from "./player.ts";

interface VoterHandsProps {
  readonly player: Player;
  readonly views: readonly MemberView[];
}

type Asked = (change: Pick<Membership, "voters" | "learners"> & { readonly promotable?: readonly number[] }) => void;

/** What an operator asks a leader for: other members, another leader, other promises about time. */
export function VoterHands({ player, views }: VoterHandsProps) {
  const leader = newestLeader(views);
  const [chosen, setChosen] = useState(0);
  const by = chosen === 0 ? leader : chosen;
  const present = newestConfiguration(views);
  const ask: Asked = ({ voters, learners, promotable = [] }) =>
    player.act({ do: "members", by, voters, learners, promotable });
  if (leader === 0 && chosen === 0) {
    return <p class="hint">Nobody leads at this moment, and only a leader changes who votes.</p>;
  }
  return (
    <div class="rows">
      <Row title="Asked">
        <select
          aria-label="The member that is asked"
          value={String(by)}
          onChange={(one) => setChosen(Number(one.currentTarget.value))}
        >
          {views.map(({ id }) => (
            <option key={id} value={String(id)}>
              member {id}
              {id === leader ? ", the leader" : ""}
            </option>
          ))}
        </select>
      </Row>
      <table class="members">
        <caption>
          {present.outgoing.length > 0
            ? `Joint: a majority of ${present.voters.join(" ")} and of ${present.outgoing.join(" ")}`
            : `${present.voters.length} voters`}
        </caption>
        <tbody>
          {views.map(({ id }) => (
            <tr key={id}>
              <th scope="row">{id}</th>
              <td>{standingOf(id, present)}</td>
              <td>
                <Changes id={id} views={views} present={present} ask={ask} act={(action) => player.act(action)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <AllAtOnce views={views} present={present} ask={ask} />
      <Row title="Leadership">
        <HandOver
          others={present.voters.filter((id) => id !== by)}
          hand={(to) => player.act({ do: "hand-over", from: by, to })}
        />
        <button
          type="button"
          disabled={present.outgoing.length === 0}
          onClick={() => player.act({ do: "abandon", by })}
        >
          Give the change up
        </button>
      </Row>
      <TimingRow player={player} views={views} by={by} />
    </div>
  );
}

function standingOf(id: number, { voters, outgoing, learners }: Membership): string {
  if (voters.includes(id)) return outgoing.length > 0 && !outgoing.includes(id) ? "voter, new" : "voter";
  if (outgoing.includes(id)) return "voter, leaving";
  return learners.includes(id) ? "learner" : "outside";
}

interface ChangesProps {
  readonly id: number;
  readonly views: readonly MemberView[];
  readonly present: Membership;
  readonly ask: Asked;
  readonly act: (action: LabAction) => void;
}

/** What can be asked for one member: each is a change of its own. */
function Changes({ id, views, present, ask, act }: ChangesProps) {
  const { voters, learners } = present;
  const without = (ids: readonly number[]): readonly number[] => ids.filter((one) => one !== id);
  const does = (title: string, change: Parameters<Asked>[0]) => (
    <button type="button" aria-label={`${title}: member ${id}`} onClick={() => ask(change)}>
      {title}
    </button>
  );
  if (learners.includes(id)) {
    return (
      <span class="buttons">
        {does("Promote", { voters: ascending([...voters, id]), learners: without(learners) })}
        {does("Remove", { voters, learners: without(learners) })}
      </span>
    );
  }
  if (!voters.includes(id)) {
    const more = { voters, learners: ascending([...learners, id]) };
    return (
      <span class="buttons">
        {does("Add as learner", more)}
        {does("Add, to vote once caught up", { ...more, promotable: [id] })}
      </span>
    );
  }
  const replacement = replacementFor(views, id);
  return (
    <span class="buttons">
      {voters.length > 1 && does("Remove", { voters: without(voters), learners })}
      {voters.length > 1 && does("Make a learner", { voters: without(voters), learners: ascending([...learners, id]) })}
      {replacement !== undefined && (
        <button
          type="button"
          onClick={() => act(replacement)}
          aria-label={`Replace by ${replacement.learners.at(-1)}: member ${id}`}
        >
          Replace by {replacement.learners.at(-1)}
        </button>
      )}
    </span>
  );
}

/** Any set to any set, through a joint configuration. */
function AllAtOnce({ views, present, ask }: Pick<ChangesProps, "views" | "present" | "ask">) {
  const [wanted, setWanted] = useState<readonly number[] | undefined>(undefined);
  const shown = wanted ?? present.voters;
  return (
    <fieldset>
      <legend>Or all voters at once</legend>
      {views.map(({ id }) => (
        <label key={id}>
          <input
            type="checkbox"
            checked={shown.includes(id)}
            onChange={(event) =>
              setWanted(event.currentTarget.checked ? ascending([...shown, id]) : shown.filter((one) => one !== id))
            }
          />
          {id}
        </label>
      ))}
      <button
        type="button"
        disabled={shown.length === 0}
        onClick={() => {
          ask({ voters: shown, learners: present.learners.filter((id) => !shown.includes(id)) });
          setWanted(undefined);
        }}
      >
        Change
      </button>
    </fieldset>
  );
}

function ascending(ids: readonly number[]): readonly number[] {
  return ids.toSorted((one, other) => one - other);
}

function HandOver({ others, hand }: { readonly others: readonly number[]; readonly hand: (to: number) => void }) {
  const [to, setTo] = useState(0);
  const chosen = others.includes(to) ? to : (others[0] ?? 0);
  if (chosen === 0) return null;
  return (
    <span class="pair">
      <button type="button" onClick={() => hand(chosen)}>
        Hand over to
      </button>
      <select
        aria-label="Hand over to"
        value={String(chosen)}
        onChange={(one) => setTo(Number(one.currentTarget.value))}
      >
        {others.map((id) => (
          <option key={id} value={String(id)}>
            {id}
          </option>
        ))}
      </select>
    </span>
  );
}

/** T and the drift bound are replicated: a leader writes them to the log like a change of members. */
function TimingRow({ player, views, by }: VoterHandsProps & { readonly by: number }) {
  const asked = views.find(({ id }) => id === by) as MemberView;
  const [timeoutMs, setTimeoutMs] = useState(asked.timing?.electionTimeoutMs ?? player.electionTimeoutMs);
  const [drift, setDrift] = useState(Math.round(1000 * driftBoundOf(views)) / 10);
  return (
    <Row title="Timing">
      <HandSlider
        label="T"
        value={timeoutMs}
        least={50}
        most={3000}
        step={50}
        text={(value) => `${value} ms`}
        take={setTimeoutMs}
      />
      <HandSlider
        label="Drift bound"
        value={drift}
        least={0}
        most={50}
        step={0.5}
        text={(value) => `${value} %`}
        take={setDrift}
      />
      <button
        type="button"
        onClick={() =>
          player.act({ do: "timing", by, electionTimeoutMs: timeoutMs, clockDriftPpm: Math.round(drift * 10_000) })
        }
      >
        Ask for this timing
      </button>
    </Row>
  );
}
