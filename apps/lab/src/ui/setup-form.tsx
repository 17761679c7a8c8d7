import { defaultTiming, realRules } from "@quorate/raft";
import { breakableRules } from "../world/lab-world.ts";
import { maxMembers } from "../world/lab-action.ts";
import type { FreeSetup } from "../world/lab-run.ts";
import { HandSlider } from "./hand-slider.tsx";
import type { Player } from "./player.ts";

/** What the world is like from its beginning: another one begins with each change. */
export function SetupForm({ player }: { readonly player: Player }) {
  const { setup, seed } = player.run;
  if (setup.kind === "scenario") {
    return (
      <div class="panel" role="group" aria-label="World">
        <h2>World</h2>
        <p>
          The scenario “{setup.name}”{setup.broken > 0 ? ", with a broken rule" : ""}
          {setup.leftAt === undefined ? "" : ", until you took over"}.
        </p>
      </div>
    );
  }
  if (setup.kind === "simulated") {
    const whole = setup.file === undefined ? `Seed ${seed}` : "A kept run";
    return (
      <div class="panel" role="group" aria-label="World">
        <h2>World</h2>
        <p>
          {whole} of the simulator, with {setup.world === "core" ? "cores" : "whole members"}
          {setup.leftAt === undefined ? "" : ", until you took over"}.
        </p>
      </div>
    );
  }
  const { electionTimeoutMs, clockDriftPpm = defaultTiming.clockDriftPpm } = setup;
  const leaseMs = realRules.leaseUntil(0, electionTimeoutMs, clockDriftPpm);
  const become = (change: Partial<FreeSetup>, newSeed = seed): void =>
    player.become({ seed: newSeed, setup: { ...setup, ...change }, actions: [] });
  return (
    <details class="panel">
      <summary>
        World: {setup.members} members, T = {setup.electionTimeoutMs} ms, {setup.delayMs} ms one way, seed {seed}
        {setup.broken.length > 0 ? `, ${setup.broken.length} rules broken` : ""}
      </summary>
      <div class="fields">
        <Field
          label="Voters"
          least={1}
          most={maxMembers}
          value={setup.members}
          take={(members) => become({ members, spares: Math.min(setup.spares, maxMembers - members) })}
        />
        <Field
          label="Spares"
          least={0}
          most={maxMembers - setup.members}
          value={setup.spares}
          take={(spares) => become({ spares })}
        />
        <Field label="Seed" least={1} most={2 ** 31} value={seed} take={(next) => become({}, next)} />
      </div>
      <HandSlider
        label="Election timeout T"
        value={setup.electionTimeoutMs}
        least={50}
        most={3000}
        step={50}
        text={(value) => `${value} ms`}
        take={(electionTimeoutMs) => become({ electionTimeoutMs })}
      />
      <HandSlider
        label="A message takes"
        value={setup.delayMs}
        least={0}
        most={300}
        step={5}
        text={(value) => `${value} ms`}
        take={(delayMs) => become({ delayMs })}
      />
      <HandSlider
        label="Clocks differ by"
        value={clockDriftPpm / 10_000}
        least={0}
        most={50}
        step={0.5}
        text={(value) => `${value} % at most`}
        take={(percent) => become({ clockDriftPpm: Math.round(percent * 10_000) })}
      />
      <p class="hint">
        T and the bound are replicated: promises that all members go by. A leader’s lease lasts {Math.round(leaseMs)} ms
        from when a quorum’s last round was sent.
      </p>
      <fieldset class="rules">
        <legend>Rules to break</legend>
        {[...breakableRules.keys()].map((name) => (
          <label key={name}>
            <input
              type="checkbox"
              checked={setup.broken.includes(name)}
              onChange={(event) =>
                become({
                  broken: event.currentTarget.checked
                    ? [...setup.broken, name]
                    : setup.broken.filter((one) => one !== name),
                })
              }
            />
            {name}
          </label>
        ))}
      </fieldset>
    </details>
  );
}

interface FieldProps {
  readonly label: string;
  readonly least: number;
  readonly most: number;
  readonly value: number;
  readonly take: (value: number) => void;
}

function Field({ label, least, most, value, take }: FieldProps) {
  return (
    <label>
      {label}
      <input
        type="number"
        min={least}
        max={most}
        value={value}
        onChange={(event) => {
          const wanted = event.currentTarget.valueAsNumber;
          if (Number.isFinite(wanted)) take(Math.min(most, Math.max(least, Math.round(wanted))));
        }}
      />
    </label>
  );
}
