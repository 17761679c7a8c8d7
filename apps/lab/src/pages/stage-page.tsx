import { useEffect, useMemo } from "preact/hooks";
import { Bar } from "../ui/bar.tsx";
import { PlayClock } from "../ui/clock.ts";
import { EventList } from "../ui/event-list.tsx";
import { HandPanel } from "../ui/hand-panel.tsx";
import { Invariants } from "../ui/invariants.tsx";
import { handleKey } from "../ui/keys.ts";
import { decodeMoment } from "../ui/link.ts";
import { LinkMatrix } from "../ui/link-matrix.tsx";
import { Logs } from "../ui/logs.tsx";
import { Player } from "../ui/player.ts";
import { Requests } from "../ui/requests.tsx";
import { Selection, Inspector } from "../ui/inspector.tsx";
import { SetupForm } from "../ui/setup-form.tsx";
import { SpaceTime } from "../ui/space-time.tsx";
import { Stage } from "../ui/stage.tsx";
import { version } from "../version.ts";
import type { LabRun } from "../world/lab-run.ts";

const usual: LabRun = {
  seed: 1,
  setup: { kind: "free", members: 5, spares: 0, electionTimeoutMs: 1000, delayMs: 20, broken: [] },
  actions: [],
};

/** One world, to do with what one likes. */
export function StagePage({ moment }: { readonly moment: string }) {
  const { player, clock, selection, problem } = useMemo(() => open(moment), [moment]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => handleKey(event, player, clock);
    addEventListener("keydown", onKey);
    return () => {
      removeEventListener("keydown", onKey);
      clock.pause();
    };
  }, [player, clock]);
  return (
    <div class="stage-page">
      <h1 class="quiet">Stage</h1>
      {problem !== undefined && <p class="problem">{problem}</p>}
      <section class="view" aria-label="The cluster">
        <Stage player={player} selection={selection} />
        <Bar player={player} clock={clock} />
      </section>
      <section class="side" aria-label="What you can do and what was seen">
        <SetupForm player={player} />
        <HandPanel player={player} selection={selection} />
        <Invariants player={player} show={(micros) => player.show(micros)} />
        <Inspector player={player} selection={selection} />
      </section>
      <section class="wide" aria-label="Logs, time and links">
        <Logs player={player} selection={selection} />
        <SpaceTime player={player} selection={selection} />
        <Requests player={player} />
        <EventList player={player} selection={selection} />
        <LinkMatrix player={player} />
      </section>
    </div>
  );
}

function open(moment: string) {
  let [player, problem] = [undefined as Player | undefined, undefined as string | undefined];
  if (moment !== "") {
    try {
      const shared = decodeMoment(moment);
      player = new Player(shared.run, shared.at);
      if (shared.version !== version) {
        problem = `This link was made with version ${shared.version}; this is ${version}, and its history may be another.`;
      }
    } catch (error) {
      problem = `This link cannot be opened: ${(error as Error).message}.`;
    }
  }
  const shown = player ?? new Player(usual);
  const clock = new PlayClock((micros) => shown.show(shown.now.value + micros));
  return { player: shown, clock, selection: new Selection(), problem };
}
