import { useMemo } from "preact/hooks";
import { describeAction } from "../world/describe-action.ts";
import { linksAt } from "../world/links-at.ts";
import { viewAt, type MemberView } from "../world/tape.ts";
import { handTabs, type HandState } from "./hand-state.ts";
import type { Selection } from "./inspector.tsx";
import { IslandHands } from "./island-hands.tsx";
import { LinkHands } from "./link-matrix.tsx";
import { MemberHands } from "./member-hands.tsx";
import type { Player } from "./player.ts";
import { Tabs } from "./tabs.tsx";
import { VoterHands } from "./voter-hands.tsx";

interface HandPanelProps {
  readonly player: Player;
  readonly selection: Selection;
  readonly hand: HandState;
}

/** What the reader can do, at this moment: each action makes another history from here on. */
export function HandPanel({ player, selection, hand }: HandPanelProps) {
  const { tape, event, run } = player;
  const { members, usualLink } = tape;
  const tab = hand.tab.value;
  const link = hand.link.value;
  const chosen = selection.member.value === 0 ? (members[0] as number) : selection.member.value;
  const views = members.map((id) => viewAt(tape, id, event));
  const links = linksAt(tape, event);
  const areVotersFixed =
    player.forbids({ do: "members", by: 1, voters: [1], learners: [], promotable: [] }) !== undefined;
  // With each frame time passes, and with few of them what can be done is another.
  return useMemo(
    () => (
      <div class="panel hand" role="group" aria-label="Do something">
        <h2>Do something</h2>
        <Tabs
          label="To what"
          tabs={handTabs}
          shown={tab}
          show={(name) => {
            hand.tab.value = name;
          }}
        >
          {tab === "member" && (
            <MemberHands
              player={player}
              views={views}
              chosen={chosen}
              choose={(id) => {
                selection.member.value = id;
              }}
            />
          )}
          {tab === "links" && (
            <LinkHands player={player} hand={hand} links={links} members={members} usual={usualLink} />
          )}
          {tab === "islands" && <IslandHands player={player} islands={links.islands} members={members} />}
          {tab === "voters" && !areVotersFixed && <VoterHands player={player} views={views} />}
        </Tabs>
        {tab === "voters" && areVotersFixed ? (
          <p class="hint">This challenge does not allow to change who votes or leads.</p>
        ) : null}
        {player.terms !== undefined && (
          <p class="hint">What cannot be pressed here is not among what this challenge allows, or not possible now.</p>
        )}
        <Undo player={player} />
      </div>
    ),
    [player, run, tab, link, links, chosen, views.map(handFacts).join(" ")],
  );
}

/** All of a member that decides what can be done to it. */
function handFacts(view: MemberView): string {
  const { isUp, isPaused, isDiskFull, isForgotten, isQuarantined, role, term, clockRate, configurationIndex } = view;
  return [isUp, isPaused, isDiskFull, isForgotten, isQuarantined, role, term, clockRate, configurationIndex].join();
}

function Undo({ player }: { readonly player: Player }) {
  const { lastAction } = player;
  if (lastAction === undefined) return null;
  return (
    <p class="undo">
      <button type="button" onClick={() => player.undo()}>
        Undo
      </button>{" "}
      <span class="quiet">{describeAction(lastAction.action)}</span>
    </p>
  );
}
