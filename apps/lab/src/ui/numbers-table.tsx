import { useMemo } from "preact/hooks";
import { NumbersMeter, type RunNumbers } from "../world/numbers.ts";
import type { Comparison } from "./comparison.ts";
import type { Player } from "./player.ts";

const rows: readonly { readonly name: string; readonly of: (numbers: RunNumbers) => string }[] = [
  { name: "newest term", of: ({ term }) => String(term) },
  { name: "elections won", of: ({ elections }) => String(elections) },
  { name: "longest time without a commit", of: ({ longestPauseMs }) => `${longestPauseMs.toFixed(0)} ms` },
  { name: "entries committed", of: ({ committed }) => String(committed) },
  { name: "stale reads", of: ({ staleReads }) => String(staleReads) },
  { name: "appends refused", of: ({ rejections }) => String(rejections) },
  { name: "messages sent", of: ({ messages }) => String(messages) },
  { name: "bytes sent", of: ({ bytes }) => String(bytes) },
];

/** The numbers that matter, of both sides, up to the moment that is shown. */
export function NumbersTable({ comparison }: { readonly comparison: Comparison }) {
  const [shipped, broken] = [useNumbers(comparison.shipped), useNumbers(comparison.broken)];
  return (
    <div class="panel" role="group" aria-label="Numbers">
      <h2>By this moment</h2>
      <table class="numbers">
        <thead>
          <tr>
            <td />
            <th scope="col">as it ships</th>
            <th scope="col">broken</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, of }) => {
            const [here, there] = [of(shipped), of(broken)];
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
  );
}

function useNumbers(player: Player): RunNumbers {
  const now = player.now.value;
  const { tape, beganAt } = player;
  // A tape that grows is another object with the same lists; another world has other lists.
  const meter = useMemo(() => new NumbersMeter(tape, beganAt), [tape.packets, beganAt]);
  return meter.until(now);
}
