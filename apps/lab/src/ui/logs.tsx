import { viewAt, type MemberView } from "../world/tape.ts";
import { differingAt, type Holders } from "./differing-entries.ts";
import type { Selection } from "./inspector.tsx";
import type { Player } from "./player.ts";

const shownEntries = 24;

/** Each member's log: entries coloured by term, and how far each has come with them. The newest are always in sight. */
export function Logs({ player, selection }: { readonly player: Player; readonly selection: Selection }) {
  const { tape, event } = player;
  const views = tape.members.map((id) => viewAt(tape, id, event));
  const last = Math.max(...views.map(endOf), 1);
  const first = Math.max(1, last - shownEntries + 1);
  const columns = Array.from({ length: last - first + 1 }, (_, at) => ({
    index: first + at,
    differing: differingAt(views, first + at),
  }));
  const split = columns.filter(({ differing }) => differing.size > 0);
  return (
    <div class="panel logs" role="group" aria-label="Logs">
      <h2>Logs</h2>
      <div class="scroll from-end" tabIndex={0} role="group" aria-label="Logs, by entry">
        <table>
          <thead>
            <tr>
              <th scope="col">member</th>
              {columns.map(({ index }) => (
                <th key={index} scope="col">
                  {index}
                </th>
              ))}
              <th scope="col">ends at</th>
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
                {first > 1 && endOf(view) < first ? (
                  <td class="is-behind" colSpan={columns.length}>
                    {last - endOf(view)} entries behind the longest
                  </td>
                ) : (
                  columns.map(({ index, differing }) => (
                    <Entry key={index} view={view} index={index} differing={differing} />
                  ))
                )}
                <td class="end">{endOf(view)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {split.length > 0 && <p class="fell">{splitText(split.map(({ index }) => index))}</p>}
      <p class="legend">
        The number is the term. <span class="entry is-unsynced">1</span> not on the disk yet,{" "}
        <span class="entry">1</span> on the disk, <span class="entry is-committed">1</span> known to be committed,{" "}
        <span class="entry is-committed is-applied">1</span> applied
        {split.length > 0 && (
          <>
            ; <span class="entry is-split">1a</span> <span class="entry is-split is-other">1b</span> different entries
            of one term
          </>
        )}
        .
      </p>
    </div>
  );
}

interface EntryProps {
  readonly view: MemberView;
  readonly index: number;
  readonly differing: ReadonlyMap<number, readonly Holders[]>;
}

function Entry({ view, index, differing }: EntryProps) {
  const { id, base, terms, commit, applied, durable } = view;
  if (index <= base) return <td class="entry is-pruned" aria-label="in the state only" />;
  const term = terms[index - base - 1];
  if (term === undefined) return <td />;
  const classes = ["entry", `term-${term % 8}`];
  if (index > durable) classes.push("is-unsynced");
  if (index <= commit) classes.push("is-committed");
  if (index <= applied) classes.push("is-applied");
  const holders = differing.get(term);
  if (holders === undefined) return <td class={classes.join(" ")}>{term}</td>;
  const variant = holders.findIndex((members) => members.includes(id));
  classes.push("is-split", ...(variant > 0 ? ["is-other"] : []));
  const others = holders.filter((_, at) => at !== variant).flat();
  const words = `${term}${letterOf(variant)}: not the entry of term ${term} that ${membersText(others)} here`;
  return (
    <td class={classes.join(" ")} aria-label={words} title={words}>
      {term}
      <small>{letterOf(variant)}</small>
    </td>
  );
}

function endOf({ base, terms }: MemberView): number {
  return base + terms.length;
}

function letterOf(variant: number): string {
  return String.fromCodePoint("a".codePointAt(0)! + variant);
}

function membersText(members: readonly number[]): string {
  return members.length === 1 ? `member ${members[0]} holds` : `members ${members.join(", ")} hold`;
}

function splitText(indexes: readonly number[]): string {
  const [first, last] = [indexes[0], indexes.at(-1)];
  const where = first === last ? `at entry ${first}` : `at ${indexes.length} places from entry ${first} to ${last}`;
  return `Of what is shown, ${where} members hold different entries of the same term.`;
}
