import type { ComponentChildren } from "preact";
import { driftText } from "../world/describe-action.ts";
import type { LabAction } from "../world/lab-action.ts";
import { forgottenStarts } from "../world/lab-world.ts";
import type { MemberView } from "../world/tape.ts";
import { HandSlider } from "./hand-slider.tsx";
import { clocksText, driftBoundOf } from "./drift-bound.ts";
import type { Player } from "./player.ts";
import { replacementFor } from "./membership.ts";

interface MemberHandsProps {
  readonly player: Player;
  readonly views: readonly MemberView[];
  readonly chosen: number;
  readonly choose: (id: number) => void;
}

/** What can be done to one member: its process, its clients, its disk, its clock. */
export function MemberHands({ player, views, chosen, choose }: MemberHandsProps) {
  const view = views.find(({ id }) => id === chosen) as MemberView;
  const { electionTimeoutMs } = player;
  // Cores do not pass requests on: a follower would refuse these, and nothing would be seen.
  const isLeader = view.isUp && view.role === "leader";
  const does = (title: string, action: LabAction, isDisabled = false) => {
    const why = player.forbids(action);
    return (
      <button type="button" disabled={isDisabled || why !== undefined} title={why} onClick={() => player.act(action)}>
        {title}
      </button>
    );
  };
  return (
    <div class="rows">
      <Row title="Member">
        <select
          aria-label="to member"
          value={String(chosen)}
          onChange={(one) => choose(Number(one.currentTarget.value))}
        >
          {views.map(({ id }) => (
            <option key={id} value={String(id)}>
              {id}
            </option>
          ))}
        </select>
        <span class="quiet">or click it on the stage</span>
      </Row>
      <Row title="Process">
        {view.isUp ? does("Kill", { do: "crash", who: chosen }) : does("Start", { do: "start", who: chosen })}
        {view.isPaused
          ? does("Let go on", { do: "resume", who: chosen })
          : does("Pause", { do: "pause", who: chosen }, !view.isUp)}
        {does("Put to sleep", { do: "suspend", who: chosen }, !view.isUp || view.isPaused)}
      </Row>
      <Row title="Clients">
        {does("Write", { do: "write", to: chosen, count: 1 }, !isLeader)}
        {does("Read", { do: "read", from: chosen }, !view.isUp)}
        {does("Read by lease", { do: "read-by-clock", from: chosen }, !view.isUp)}
        {!isLeader && <span class="quiet">Only a leader takes writes.</span>}
      </Row>
      <Row title="Network">
        {does("Cut off", { do: "partition", groups: [[chosen]] })}
        {does("Nobody hears it", { do: "block", from: chosen, to: 0 })}
        {does("It hears nobody", { do: "block", from: 0, to: chosen })}
      </Row>
      <Row title="Disk">
        {does("Stall for 5 T", { do: "stall-disk", who: chosen, ms: 5 * electionTimeoutMs })}
        {view.isDiskFull
          ? does("Make room", { do: "free-disk", who: chosen })
          : does("Fill", { do: "fill-disk", who: chosen })}
        {does("Fail the next write", { do: "break-disk", who: chosen })}
        {does("Damage its log", { do: "damage-disk", who: chosen, place: 0.5 })}
        {does("Wipe", { do: "wipe-disk", who: chosen })}
        {does("Checkpoint, prune the log", { do: "prune", who: chosen }, !view.isUp)}
      </Row>
      <Wiped player={player} views={views} view={view} />
      {view.isDiskFull && <p class="hint">There is no room: it stops at its next write, and cannot start again.</p>}
      {view.isQuarantined && view.isUp && (
        <p class="hint">Its log was damaged: it has no voice until it holds everything that was committed.</p>
      )}
      <ClockRow player={player} views={views} view={view} />
    </div>
  );
}

/** A name, and what belongs to it. */
export function Row({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <div class="row" role="group" aria-label={title}>
      <span class="row-name">{title}</span>
      <div class="buttons">{children}</div>
    </div>
  );
}

interface OfMember {
  readonly player: Player;
  readonly views: readonly MemberView[];
  readonly view: MemberView;
}

/** What an empty disk means, and what to do. */
function Wiped({ player, views, view }: OfMember) {
  const { run } = player;
  const { setup } = run;
  if (!view.isForgotten) return null;
  const isFree = setup.kind === "free";
  // Seeds of the simulator run cores without what stands before them in production.
  const isForgiven = isFree ? setup.broken.includes(forgottenStarts) : setup.kind === "simulated";
  if (isForgiven) {
    return (
      <p class="hint">
        Its disk was wiped, and here nobody remembers that it held anything: started again, it votes and acknowledges as
        if nothing had been.
      </p>
    );
  }
  const replacement = replacementFor(views, view.id);
  return (
    <p class="hint">
      Its disk is empty: it has forgotten its vote and what it acknowledged. The others remember an earlier start of it,
      so nobody listens to it, and it stops. Only another member with a new id can take its place.{" "}
      {replacement !== undefined && (
        <button type="button" onClick={() => player.act(replacement)}>
          Replace it by member {replacement.learners.at(-1)}
        </button>
      )}{" "}
      {isFree && (
        <button
          type="button"
          onClick={() =>
            player.become({ ...run, setup: { ...setup, broken: [...setup.broken, forgottenStarts] } }, player.now.value)
          }
        >
          What if nobody remembered?
        </button>
      )}
    </p>
  );
}

/** In per cent. */
const mostDrift = 50;

function ClockRow({ player, views, view }: OfMember) {
  const { electionTimeoutMs } = player;
  const bound = 100 * driftBoundOf(views);
  const percent = Math.round(1000 * (view.clockRate - 1)) / 10;
  const share = Math.min(1, bound / mostDrift);
  return (
    <Row title="Clock">
      <HandSlider
        label="Rate"
        value={percent}
        least={-mostDrift}
        most={mostDrift}
        step={0.5}
        isDisabled={player.forbids({ do: "drift-clock", who: view.id, rate: 1 }) !== undefined}
        text={(value) => (value === 0 ? "as it should" : driftText(1 + value / 100))}
        take={(value) => player.act({ do: "drift-clock", who: view.id, rate: 1 + value / 100 })}
      >
        <span class="bound" style={{ left: `${50 - 50 * share}%`, right: `${50 - 50 * share}%` }} />
      </HandSlider>
      <button
        type="button"
        disabled={player.forbids({ do: "jump-clock", who: view.id, ms: 0 }) !== undefined}
        onClick={() => player.act({ do: "jump-clock", who: view.id, ms: Math.round(electionTimeoutMs / 2) })}
      >
        Jump T/2 ahead
      </button>
      <span class="quiet">{clocksText(views, bound / 100)}</span>
    </Row>
  );
}
