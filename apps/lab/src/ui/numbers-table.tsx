import { useMemo } from "preact/hooks";
import { NumbersMeter, type RunNumbers } from "../world/numbers.ts";
import type { Comparison } from "./comparison.ts";
import type { Player } from "./player.ts";
import { quantities } from "./quantities.ts";

/** The numbers that matter, of both sides, up to the moment that is shown. */
export function NumbersTable({ comparison }: { readonly comparison: Comparison }) {
  const [shipped, broken] = [useNumbers(comparison.shipped), useNumbers(comparison.broken)];
  return (
    <div class="panel" role="group" aria-label="Numbers">
      <h2>By this moment</h2>
      <div class="scroll" tabIndex={0} role="group" aria-label="The numbers as a table">
        <table class="numbers">
          <thead>
            <tr>
              <td />
              <th scope="col">as it ships</th>
              <th scope="col">broken</th>
            </tr>
          </thead>
          <tbody>
            {quantities.map(({ name, of, text }) => {
              const [here, there] = [text(of(shipped)), text(of(broken))];
              return (
                <tr key={name} class={here === there ? "" : "differs"}>
                  <th scope="row">{name}</th>
                  <td>{here}</td>
                  <td>{there}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** The numbers of one side up to the moment that is shown. */
export function useNumbers(player: Player): RunNumbers {
  const now = player.now.value;
  const { tape, beganAt, electionTimeoutMs } = player;
  // A tape that grows is another object with the same lists; another world has other lists.
  const meter = useMemo(
    () => new NumbersMeter(tape, beganAt, electionTimeoutMs),
    [tape.packets, beganAt, electionTimeoutMs],
  );
  return meter.until(now);
}
