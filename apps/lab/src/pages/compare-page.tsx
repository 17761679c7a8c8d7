import { directedVariants, coreScenarios } from "@quorate/simulator";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { readComparison, tellSame, writeComparison, type SharedComparison } from "../links/comparison-link.ts";
import { readChosen, tunedBy, writeChosen, type Chosen } from "../stories/chosen-link.ts";
import { stories } from "../stories/library.ts";
import { rightTitle } from "../stories/right-title.ts";
import { endOf, runsOf } from "../stories/run-story.ts";
import type { Story } from "../stories/story.ts";
import { Comparison } from "../ui/comparison.ts";
import { Clients } from "../ui/clients.tsx";
import { CompareBar } from "../ui/compare-bar.tsx";
import { Invariants } from "../ui/invariants.tsx";
import { Inspector, Selection } from "../ui/inspector.tsx";
import { Configurations } from "../ui/configurations.tsx";
import { handleKey } from "../ui/keys.ts";
import { encodeMoment } from "../links/link.ts";
import { Logs } from "../ui/logs.tsx";
import { NumbersTable } from "../ui/numbers-table.tsx";
import { Plots } from "../ui/plots.tsx";
import type { Player } from "../ui/player.ts";
import { SpaceTime } from "../ui/space-time.tsx";
import { Stage } from "../ui/stage.tsx";
import { StoryText } from "../ui/story-text.tsx";
import { TuningPanel } from "../ui/tuning-panel.tsx";
import { version } from "../version.ts";

/** Two worlds, the same seed and the same faults, one thing that differs. `changes` is what the reader has set otherwise. */
export function ComparePage({ name, changes }: { readonly name: string; readonly changes: string }) {
  const story = stories.find((one) => one.name === name);
  if (story === undefined) {
    return (
      <p class="problem">
        There is no comparison “{name}”. <a href="#/">All comparisons</a>
      </p>
    );
  }
  const shared = readComparison(changes);
  const { chosen, problem } = chosenIn(story, shared.changes);
  return (
    <>
      {problem !== undefined && <p class="problem">{problem}</p>}
      <Told story={story} first={chosen} shared={shared} />
    </>
  );
}

function chosenIn(story: Story, changes: string): { readonly chosen: Chosen; readonly problem: string | undefined } {
  try {
    return { chosen: readChosen(story, changes), problem: undefined };
  } catch (error) {
    const problem = `This link asks for what is not there: ${(error as Error).message}. It is shown as it is told.`;
    return { chosen: { seed: 1, tuned: {} }, problem };
  }
}

interface ToldProps {
  readonly story: Story;
  readonly first: Chosen;
  readonly shared: SharedComparison;
}

function Told({ story, first, shared }: ToldProps) {
  const { chosen, comparison, isAsTold, isRunning, choose } = useChosen(story, first);
  const [told] = useState(() => {
    if (shared.since !== undefined) comparison.show(shared.since);
    const tapes = [comparison.shipped.tape, comparison.broken.tape] as const;
    return shared.hashes === undefined ? undefined : tellSame(shared.hashes, tapes);
  });
  const selections = useMemo(() => [new Selection(), new Selection()] as const, [comparison]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => handleKey(event, comparison, comparison.clock);
    addEventListener("keydown", onKey);
    return () => {
      removeEventListener("keydown", onKey);
      comparison.clock.pause();
    };
  }, [comparison]);
  const scenario = coreScenarios.find(({ name }) => name === story.scenario);
  const variant = scenario === undefined ? undefined : directedVariants(scenario)[story.broken - 1];
  const isChanged = writeChosen(chosen) !== "";
  const sides = [
    { player: comparison.shipped, selection: selections[0], title: "Left: as it ships", says: story.outcome.shipped },
    {
      player: comparison.broken,
      selection: selections[1],
      title: variant === undefined ? "Right" : rightTitle(variant),
      says: story.outcome.broken,
    },
  ];
  return (
    <div class="compare">
      <h1>{story.title}</h1>
      <p class="quiet">
        {scenario?.title} <span>({publicSource(scenario?.source ?? "")})</span>
      </p>
      <div class="told">
        <StoryText story={story} comparison={comparison} />
        <div class="shown">
          {isChanged && <p class="hint">You have changed it: the steps tell of what happens as it is told.</p>}
          {told !== undefined && <p class="hint">{told}</p>}
          <CompareBar comparison={comparison} name={story.name} changes={writeChosen(chosen)} />
          <div class="sides">
            {sides.map(({ player, selection, title, says }, at) => (
              <section key={title} class={at === 0 ? "side is-shipped" : "side is-broken"} aria-label={title}>
                <h2>{title}</h2>
                <Stage player={player} selection={selection} />
                <Configurations player={player} />
                {!isChanged && <p class="says">{says}</p>}
                <Logs player={player} selection={selection} />
                <Clients player={player} from={player.beganAt} />
                <Invariants
                  player={player}
                  selection={selection}
                  from={player.beganAt}
                  show={(micros) => {
                    comparison.clock.pause();
                    comparison.show(micros - player.beganAt);
                  }}
                />
              </section>
            ))}
          </div>
        </div>
      </div>
      <Plots comparison={comparison} />
      <TuningPanel
        scenario={story.scenario}
        tunings={tunedBy(story)}
        chosen={chosen}
        isRunning={isRunning}
        isAsTold={isAsTold}
        choose={choose}
      />
      <div class="sides">
        {sides.map(({ player, selection, title }, at) => (
          <section
            key={title}
            class={at === 0 ? "closer is-shipped" : "closer is-broken"}
            aria-label={`${title}, in detail`}
          >
            <h2>{title}</h2>
            <SpaceTime player={player} selection={selection} />
            <Inspector player={player} selection={selection} />
            <p>
              <a href={`#/stage/${momentOf(player)}`}>Take over from here</a>
            </p>
          </section>
        ))}
      </div>
      <NumbersTable comparison={comparison} />
    </div>
  );
}

/** So long after the last touch of a slider both sides are run, in ms: each takes a good part of a second. */
const restMs = 250;

/** What the reader has set, and the two worlds that were made of it. The address follows. */
function useChosen(story: Story, first: Chosen) {
  const [chosen, setChosen] = useState(first);
  const [run, setRun] = useState(() => runOf(story, first));
  const waiting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(waiting.current), []);
  const choose = (next: Chosen): void => {
    setChosen(next);
    run.comparison.clock.pause();
    clearTimeout(waiting.current);
    waiting.current = setTimeout(() => {
      const text = writeChosen(next);
      const address = writeComparison(story.name, { changes: text, since: undefined, hashes: undefined });
      history.replaceState(null, "", address);
      const { since } = run.comparison;
      const made = runOf(story, next);
      made.comparison.show(since);
      setRun(made);
    }, restMs);
  };
  return { chosen, comparison: run.comparison, isAsTold: run.isAsTold, isRunning: run.of !== chosen, choose };
}

function runOf(story: Story, of: Chosen) {
  const comparison = new Comparison(runsOf(story, of.seed, of.tuned));
  const isAsTold = story.holds(endOf(comparison.shipped), endOf(comparison.broken));
  return { of, comparison, isAsTold };
}

/** Where a scenario is known from, without the lists of our own that some name beside it. */
function publicSource(source: string): string {
  const parts = source.split("; ").filter((part) => !/^(MISSION|DESIGN|raft-pitfalls|testing-anchors)\b/.test(part));
  return parts.length > 0 ? parts.join("; ") : "written for this project";
}

/** A link to this moment, in which the reader has taken over. */
function momentOf(player: Player): string {
  const { run } = player;
  const at = Math.round(player.now.value);
  const setup = run.setup.kind === "scenario" ? { ...run.setup, leftAt: at } : run.setup;
  return encodeMoment({ version, run: { ...run, setup }, at });
}
