import { linksText } from "../world/describe-action.ts";
import type { LabAction } from "../world/lab-action.ts";
import { isSameLink, linkKey, type LinksAt } from "../world/links-at.ts";
import type { LinkState } from "../world/tape.ts";
import type { HandState, LinkChoice } from "./hand-state.ts";
import { HandSlider } from "./hand-slider.tsx";
import { linkKind, linkText, percent } from "./link-words.ts";
import type { Player } from "./player.ts";

interface LinkHandsProps {
  readonly player: Player;
  readonly hand: HandState;
  readonly links: LinksAt;
  readonly members: readonly number[];
  /** What links are like at first. */
  readonly usual: LinkState;
}

/** What stands in a cell: the kinds are told apart without colours, too. */
const signs = { works: "→", cut: "✕", slow: "≈", lossy: "⋯", "slow-lossy": "≋", repeats: "⇉" } as const;

/** Every link in each direction: choose one, a row, a column or all, and say how it is to be. */
export function LinkHands({ player, hand, links, members, usual }: LinkHandsProps) {
  const chosen = hand.link.value;
  const choose = (from: number, to: number): void => hand.ofLink(from, to);
  const isChosen = (from: number, to: number): boolean =>
    (chosen.from === 0 || chosen.from === from) && (chosen.to === 0 || chosen.to === to);
  return (
    <div class="links">
      <p class="quiet lead">From the member of the row to that of the column: choose one, a row, a column, or all.</p>
      <div class="scroll">
        <table class="matrix" aria-label="Links, from row to column">
          <thead>
            <tr>
              <td>
                <Choice
                  name="all"
                  label="All: every link"
                  isChosen={chosen.from + chosen.to === 0}
                  choose={() => choose(0, 0)}
                />
              </td>
              {members.map((to) => (
                <th key={to} scope="col">
                  <Choice
                    name={`to ${to}`}
                    label={`Every link to ${to}`}
                    isChosen={chosen.from === 0 && chosen.to === to}
                    choose={() => choose(0, to)}
                  />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {members.map((from) => (
              <tr key={from}>
                <th scope="row">
                  <Choice
                    name={`from ${from}`}
                    label={`Every link from ${from}`}
                    isChosen={chosen.from === from && chosen.to === 0}
                    choose={() => choose(from, 0)}
                  />
                </th>
                {members.map((to) => {
                  if (from === to) return <td key={to} />;
                  const link = links.changed.get(linkKey(from, to));
                  const kind = linkKind(link, usual);
                  return (
                    <td key={to}>
                      <Choice
                        name={signs[kind]}
                        label={`Link from ${from} to ${to}: ${linkText(link, usual) ?? "works"}`}
                        isChosen={isChosen(from, to)}
                        kind={kind}
                        choose={() => choose(from, to)}
                      />
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <LinkEditor player={player} states={statesOf(links, members, usual, chosen)} usual={usual} chosen={chosen} />
      <p class="legend">
        {signs.cut} cut, {signs.slow} slow, {signs.lossy} loses messages, {signs["slow-lossy"]} both, {signs.repeats}{" "}
        repeats messages
      </p>
    </div>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly isChosen: boolean;
  readonly kind?: string;
  readonly choose: () => void;
}

function Choice({ name, label, isChosen, kind = "", choose }: ChoiceProps) {
  return (
    <button
      type="button"
      class={`is-${kind}`}
      aria-pressed={isChosen}
      aria-label={label}
      title={label}
      onClick={choose}
    >
      {name}
    </button>
  );
}

interface LinkEditorProps {
  readonly player: Player;
  /** How those that are chosen are now. */
  readonly states: readonly LinkState[];
  readonly usual: LinkState;
  readonly chosen: LinkChoice;
}

function LinkEditor({ player, states, usual, chosen }: LinkEditorProps) {
  const { electionTimeoutMs } = player;
  const { from, to } = chosen;
  const link = states[0] ?? usual;
  const areAlike = states.every((state) => isSameLink(state, link));
  const areCut = states.every(({ isBlocked }) => isBlocked);
  const set = (change: Partial<Pick<LinkState, "delayMs" | "jitterMs" | "loss" | "duplicates">>): void => {
    const { delayMs, jitterMs, loss, duplicates } = { ...link, ...change };
    player.act({ do: "link", from, to, delayMs, jitterMs, loss, duplicates });
  };
  const isForbidden = (action: LabAction): boolean => player.forbids(action) !== undefined;
  const isFixed = isForbidden({ do: "link", from, to, delayMs: 0, jitterMs: 0, loss: 0, duplicates: 0 });
  const title = linksText(chosen);
  return (
    <div class="link-editor" role="group" aria-label={`How ${title} is`}>
      <h3>
        {title[0]?.toUpperCase()}
        {title.slice(1)}
        {!areAlike && <span class="quiet"> (they differ)</span>}
      </h3>
      <div class="buttons">
        {areCut ? (
          <button
            type="button"
            disabled={isForbidden({ do: "unblock", from, to })}
            onClick={() => player.act({ do: "unblock", from, to })}
          >
            Let through
          </button>
        ) : (
          <button
            type="button"
            disabled={isForbidden({ do: "block", from, to })}
            onClick={() => player.act({ do: "block", from, to })}
          >
            Cut
          </button>
        )}
        <button
          type="button"
          disabled={isForbidden({ do: "mend", from, to })}
          onClick={() => player.act({ do: "mend", from, to })}
        >
          As it was at first
        </button>
        <button type="button" disabled={isForbidden({ do: "heal" })} onClick={() => player.act({ do: "heal" })}>
          Mend every link
        </button>
      </div>
      <HandSlider
        label="Delay"
        value={Math.round(link.delayMs)}
        least={0}
        most={Math.max(2 * electionTimeoutMs, link.delayMs)}
        step={Math.max(1, Math.round(electionTimeoutMs / 100))}
        isDisabled={isFixed}
        text={(value) => `${value} ms`}
        take={(delayMs) => set({ delayMs })}
      />
      <HandSlider
        label="Jitter"
        value={Math.round(link.jitterMs)}
        least={0}
        most={Math.max(electionTimeoutMs, link.jitterMs)}
        step={Math.max(1, Math.round(electionTimeoutMs / 200))}
        isDisabled={isFixed}
        text={(value) => `${value} ms`}
        take={(jitterMs) => set({ jitterMs })}
      />
      <HandSlider
        label="Loss"
        value={Math.round(100 * link.loss)}
        least={0}
        most={100}
        step={1}
        isDisabled={isFixed}
        text={(value) => percent(value / 100)}
        take={(value) => set({ loss: value / 100 })}
      />
      <HandSlider
        label="Duplicates"
        value={Math.round(100 * link.duplicates)}
        least={0}
        most={100}
        step={1}
        isDisabled={isFixed}
        text={(value) => percent(value / 100)}
        take={(value) => set({ duplicates: value / 100 })}
      />
    </div>
  );
}

function statesOf(
  links: LinksAt,
  members: readonly number[],
  usual: LinkState,
  { from, to }: LinkChoice,
): readonly LinkState[] {
  const froms = from === 0 ? members : [from];
  const tos = to === 0 ? members : [to];
  return froms.flatMap((one) =>
    tos.flatMap((other) => (one === other ? [] : [links.changed.get(linkKey(one, other)) ?? usual])),
  );
}
