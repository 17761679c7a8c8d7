import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Bar } from "../ui/bar.tsx";
import { Clients } from "../ui/clients.tsx";
import { PlayClock } from "../ui/clock.ts";
import { EventList } from "../ui/event-list.tsx";
import { HandPanel } from "../ui/hand-panel.tsx";
import { HandState } from "../ui/hand-state.ts";
import { Invariants } from "../ui/invariants.tsx";
import { handleKey } from "../ui/keys.ts";
import { decodeMoment } from "../links/link.ts";
import { reproduce } from "../links/share.ts";
import { Logs } from "../ui/logs.tsx";
import { Player } from "../ui/player.ts";
import { Selection, Inspector } from "../ui/inspector.tsx";
import { SetupForm } from "../ui/setup-form.tsx";
import { SpaceTime } from "../ui/space-time.tsx";
import { Stage } from "../ui/stage.tsx";
import type { LabRun } from "../world/lab-run.ts";
import { loadSimulatedWorlds } from "../world/watched-world.ts";

const usual: LabRun = {
  seed: 1,
  setup: { kind: "free", members: 5, spares: 1, electionTimeoutMs: 1000, delayMs: 20, broken: [] },
  actions: [],
};

/** One world, to do with what one likes. */
export function StagePage({ moment }: { readonly moment: string }) {
  const code = useSimulator(moment);
  if (code === "here") return <Opened moment={moment} />;
  if (code === "coming") return <p role="status">The simulator is being loaded…</p>;
  return (
    <p class="problem" role="alert">
      What plays this run could not be loaded: is the lab still served? Load the page anew.
    </p>
  );
}

/** Whether everything is here that this moment needs: a link may lead into a run of the simulator. */
function useSimulator(moment: string): "here" | "coming" | "missing" {
  const isNeeded = useMemo(() => leadsIntoSimulator(moment), [moment]);
  const [code, setCode] = useState<"here" | "coming" | "missing">("coming");
  useEffect(() => {
    if (isNeeded) {
      loadSimulatedWorlds().then(
        () => setCode("here"),
        () => setCode("missing"),
      );
    }
  }, [isNeeded]);
  return isNeeded ? code : "here";
}

function leadsIntoSimulator(moment: string): boolean {
  try {
    return moment !== "" && decodeMoment(moment).run.setup.kind === "simulated";
  } catch {
    return false;
  }
}

function Opened({ moment }: { readonly moment: string }) {
  const { player, clock, selection, problem, told } = useMemo(() => open(moment), [moment]);
  return (
    <>
      <h1 class="quiet">Stage</h1>
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {told !== "" && (
        <p class="quiet" role="status">
          {told}
        </p>
      )}
      <WorldView player={player} clock={clock} selection={selection} />
    </>
  );
}

interface WorldViewProps {
  readonly player: Player;
  readonly clock: PlayClock;
  readonly selection: Selection;
  /** Where links to a moment lead; the stage unless given. */
  readonly page?: string;
  /** What stands first, in place of the form that makes another world. */
  readonly first?: ComponentChildren;
  /** What else there is to see of this world. */
  readonly children?: ComponentChildren;
}

/** Everything there is to see of a world, and to do to it. */
export function WorldView({ player, clock, selection, page, first, children }: WorldViewProps) {
  const hand = useMemo(() => new HandState(), [player]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => handleKey(event, player, clock);
    addEventListener("keydown", onKey);
    return () => {
      removeEventListener("keydown", onKey);
      clock.pause();
    };
  }, [player, clock]);
  const canTouch = player.untouchable === undefined;
  return (
    <div class="stage-page">
      <section class="view" aria-label="The cluster">
        <Stage player={player} selection={selection} hand={canTouch ? hand : undefined} />
        <Bar player={player} clock={clock} page={page} />
      </section>
      <section class="side" aria-label="What you can do and what was seen">
        {first ?? <SetupForm player={player} />}
        {canTouch && <HandPanel player={player} selection={selection} hand={hand} />}
        <Invariants player={player} selection={selection} show={(micros) => player.show(micros)} />
        <Inspector player={player} selection={selection} />
      </section>
      <section class="wide" aria-label="Logs and time">
        <Logs player={player} selection={selection} />
        <SpaceTime player={player} selection={selection} />
        <Clients player={player} />
        <EventList player={player} selection={selection} />
        {children}
      </section>
    </div>
  );
}

function open(moment: string) {
  let player: Player | undefined;
  let [problem, told] = [undefined as string | undefined, ""];
  if (moment !== "") {
    try {
      const shared = decodeMoment(moment);
      const reproduced = reproduce(shared);
      player = new Player(shared.run, shared.at, reproduced.world);
      if (reproduced.isSame) told = reproduced.told;
      else problem = reproduced.told;
    } catch (error) {
      problem = `This link cannot be opened: ${(error as Error).message}.`;
    }
  }
  const shown = player ?? new Player(usual);
  const clock = new PlayClock((micros) => shown.show(shown.now.value + micros));
  return { player: shown, clock, selection: new Selection(), problem, told };
}
