import { viewAt } from "../world/tape.ts";
import { describeAction } from "../world/describe-action.ts";
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
  const { tape, event, lastAction } = player;
  const chosen = selection.member.value === 0 ? (tape.members[0] as number) : selection.member.value;
  const views = tape.members.map((id) => viewAt(tape, id, event));
  return (
    <div class="panel hand" role="group" aria-label="Do something">
      <h2>Do something</h2>
      <Tabs
        label="To what"
        tabs={handTabs}
        shown={hand.tab.value}
        show={(tab) => {
          hand.tab.value = tab;
        }}
      >
        {hand.tab.value === "member" && (
          <MemberHands
            player={player}
            views={views}
            chosen={chosen}
            choose={(id) => {
              selection.member.value = id;
            }}
          />
        )}
        {hand.tab.value === "links" && <LinkHands player={player} hand={hand} />}
        {hand.tab.value === "islands" && <IslandHands player={player} />}
        {hand.tab.value === "voters" && <VoterHands player={player} views={views} />}
      </Tabs>
      {lastAction !== undefined && (
        <p class="undo">
          <button type="button" onClick={() => player.undo()}>
            Undo
          </button>{" "}
          <span class="quiet">{describeAction(lastAction.action)}</span>
        </p>
      )}
    </div>
  );
}
