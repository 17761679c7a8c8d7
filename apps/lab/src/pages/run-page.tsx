import { plantedBugs } from "@quorate/simulator";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { openedRun, openFile, openSeed, openServed, seedLink, type OpenedRun } from "../runs/opened-run.ts";
import type { RunReport } from "../runs/run-report.ts";
import { PlayClock } from "../ui/clock.ts";
import { Selection } from "../ui/inspector.tsx";
import { Player } from "../ui/player.ts";
import { timeText } from "../ui/words.ts";
import { WorldView } from "./stage-page.tsx";

/** A run that failed in the simulator, from its file or its seed, to its end. */
export function RunPage({ argument }: { readonly argument: string }) {
  useEffect(() => {
    if (argument === "served") void openServed();
    else if (argument.includes("=")) void openSeed(argument);
  }, [argument]);
  const state = openedRun.value;
  return (
    <>
      <h1>{titleOf(state)}</h1>
      {state.kind === "open" ? <Summary state={state} /> : <Introduction />}
      <Inputs key={state.kind === "open" ? state.report.hash : ""} open={state.kind === "open" ? state : undefined} />
      {state.kind === "opening" && <p role="status">{state.name} is being run to its end…</p>}
      {state.kind === "failed" && (
        <p class="problem" role="alert">
          {state.why}
        </p>
      )}
      {state.kind === "open" && <Shown key={state.report.hash} state={state} />}
    </>
  );
}

function titleOf(state: OpenedRun): string {
  if (state.kind !== "open") return "Failed runs";
  return state.report.fell.length === 0 ? "Nothing fell in this run" : "A run that failed";
}

function Introduction() {
  return (
    <p>
      <code>quorate sim</code> keeps a run in which something fell in a file. Drop that file anywhere on this page, or
      choose it, and see the very same run, to the event in which it fell. Files are read in your browser, and go
      nowhere else; <code>quorate lab FILE</code> opens one at once.
    </p>
  );
}

/** What to open, with the seed of the run that is open. */
function Inputs({ open }: { readonly open: Extract<OpenedRun, { kind: "open" }> | undefined }) {
  const { seed: seedShown = 1, setup } = open?.world.run ?? {};
  const shown = setup?.kind === "simulated" ? setup : undefined;
  const [world, seed, bug] = [
    useRef<HTMLSelectElement>(null),
    useRef<HTMLInputElement>(null),
    useRef<HTMLInputElement>(null),
  ];
  return (
    <div class="panel run-inputs">
      <label>
        File of a run{" "}
        <input
          type="file"
          accept=".json,application/json"
          onChange={({ currentTarget }) => {
            const [file] = currentTarget.files ?? [];
            if (file !== undefined) void openFile(file);
            // So that the same file may be chosen again.
            currentTarget.value = "";
          }}
        />
      </label>
      <form
        aria-label="A seed"
        onSubmit={(event) => {
          event.preventDefault();
          const kind = world.current?.value === "replica" ? "replica" : "core";
          location.hash = seedLink(kind, Number(seed.current?.value), bug.current?.value.trim() ?? "");
        }}
      >
        <label>
          or the seed{" "}
          <input
            ref={seed}
            type="number"
            min={0}
            max={Number.MAX_SAFE_INTEGER}
            step={1}
            required
            defaultValue={String(seedShown)}
          />
        </label>{" "}
        <label>
          of a world of{" "}
          <select ref={world}>
            <option value="core">cores</option>
            <option value="replica" selected={shown?.world === "replica"}>
              whole members
            </option>
          </select>
        </label>{" "}
        <label>
          with the planted bug{" "}
          <input ref={bug} type="text" placeholder="none" defaultValue={shown?.bug ?? ""} list="planted-bugs" />
        </label>{" "}
        <datalist id="planted-bugs">
          {plantedBugs.map(({ name }) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <button type="submit">Run it</button>
      </form>
    </div>
  );
}

function Summary({ state }: { readonly state: Extract<OpenedRun, { kind: "open" }> }) {
  const { report, name } = state;
  return (
    <div class="panel run-summary" role="group" aria-label="What the run came to">
      <h2>{name}</h2>
      <p>{report.who}.</p>
      {report.fell.length === 0 ? (
        <p>Nothing fell.</p>
      ) : (
        report.fell.map((line, at) => (
          <p key={line} class={at === 0 ? "fell" : "quiet"}>
            {line}
          </p>
        ))
      )}
      <p>
        {report.events.toLocaleString("en")} events, history <code>{report.hash}</code>
        {verdictText(report)}
      </p>
      {report.isOfWholeMembers && (
        <p class="quiet">
          These are whole members: their logs on disks, their transport and their state machines ran as well. Shown are
          their cores, what these say to each other, and what the checkers found; to act here, take a world of cores.
        </p>
      )}
    </div>
  );
}

function verdictText({ verdict }: RunReport): string {
  switch (verdict.kind) {
    case "same":
      return ": the very history that the file is of.";
    case "another history":
      return `: the same property falls, but the history is not that of the file (${verdict.file.hash}, by Quorate ${versionText(verdict.file)}). The code has changed since.`;
    case "did not fall":
      return `. “${verdict.file.violation.property}”, which fell when the file was made (by Quorate ${versionText(verdict.file)}), does not fall in this version: the fault is mended, or hidden by a change.`;
    case "too long":
      return ": as much of the run as the lab shows. A smaller one that fails alike: quorate sim --replay FILE --shrink.";
    case "no file":
      return ".";
  }
}

function versionText({
  quorate,
}: {
  readonly quorate: { readonly version: string; readonly commit?: string };
}): string {
  return quorate.commit === undefined ? quorate.version : `${quorate.version}, commit ${quorate.commit}`;
}

function Shown({ state }: { readonly state: Extract<OpenedRun, { kind: "open" }> }) {
  const { world, report } = state;
  const { player, clock, selection } = useMemo(() => {
    const { violations, events, endMicros } = world.tape;
    const last = violations.at(-1);
    const shown = new Player(world.run, last === undefined ? endMicros : (events[last.event]?.at ?? endMicros), world);
    return {
      player: shown,
      clock: new PlayClock((micros) => shown.show(shown.now.value + micros)),
      selection: new Selection(),
    };
  }, [world]);
  return (
    <WorldView player={player} clock={clock} selection={selection}>
      <details class="panel">
        <summary>
          What the outside did: {(report.outside.length + report.moreOutside).toLocaleString("en")} events
        </summary>
        <ol class="outside">
          {report.outside.map(({ atMicros, text }, at) => (
            <li key={`${at}`}>
              <button
                type="button"
                class="link"
                onClick={() => {
                  clock.pause();
                  player.show(atMicros);
                }}
              >
                {timeText(atMicros)}
              </button>{" "}
              {text.slice(text.indexOf(": ") + 2)}
            </li>
          ))}
        </ol>
        {report.moreOutside > 0 && <p>and {report.moreOutside.toLocaleString("en")} more</p>}
      </details>
    </WorldView>
  );
}
