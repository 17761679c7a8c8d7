import { viewAt, type MemberView } from "../world/tape.ts";
import type { Selection } from "./inspector.tsx";
import type { Player } from "./player.ts";

const shownEntries = 24;

/** Each member's log: entries coloured by term, and how far each has come with them. */
export function Logs({ player, selection }: { readonly player: Player; readonly selection: Selection }) {
  const { tape, event } = player;
  const views = tape.members.map((id) => viewAt(tape, id, event));
  const last = Math.max(...views.map(({ base, terms }) => base + terms.length), 1);
  const first = Math.max(1, last - shownEntries + 1);
  const indexes = Array.from({ length: last - first + 1 }, (_, at) => first + at);
  return (
    <div class="panel logs" role="group" aria-label="Logs">
      <h2>Logs</h2>
      <div class="scroll" tabIndex={0} role="group" aria-label="Logs, by entry">
        <table>
          <thead>
            <tr>
              <th scope="col">member</th>
              {indexes.map((index) => (
                <th key={index} scope="col">
                  {index}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {views.map((view) => (
              <tr key={view.id} class={view.isUp ? "" : "is-down"}>
                <th scope="row">
                  <button type="button" class="link" onClick={() => selection.ofMember(view.id)}>
                    {view.id}
                  </button>
                </th>
                {indexes.map((index) => (
                  <Entry key={index} view={view} index={index} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="legend">
        The number is the term. <span class="entry is-unsynced">1</span> not on the disk yet,{" "}
        <span class="entry">1</span> on the disk, <span class="entry is-committed">1</span> known to be committed,{" "}
        <span class="entry is-committed is-applied">1</span> applied.
      </p>
    </div>
  );
}

function Entry({ view, index }: { readonly view: MemberView; readonly index: number }) {
  const { base, terms, commit, applied, durable } = view;
  if (index <= base) return <td class="entry is-pruned" aria-label="in the state only" />;
  const term = terms[index - base - 1];
  if (term === undefined) return <td />;
  const classes = ["entry", `term-${term % 8}`];
  if (index > durable) classes.push("is-unsynced");
  if (index <= commit) classes.push("is-committed");
  if (index <= applied) classes.push("is-applied");
  return <td class={classes.join(" ")}>{term}</td>;
}
