import { useMemo } from "preact/hooks";
import { refusal, runOfChallenge, type Challenge } from "../challenges/challenge.ts";
import { challenges } from "../challenges/library.ts";
import { openChallenge } from "../challenges/open-challenge.ts";
import { reproduce } from "../links/share.ts";
import { ChallengePanel } from "../ui/challenge-panel.tsx";
import { PlayClock } from "../ui/clock.ts";
import { Selection } from "../ui/inspector.tsx";
import { Player } from "../ui/player.ts";
import { WorldView } from "./stage-page.tsx";

interface ChallengePageProps {
  readonly name: string;
  /** A moment of somebody's solution, as a link carries it; "" for the beginning. */
  readonly moment: string;
}

/** A world to break by hand, with few actions. */
export function ChallengePage({ name, moment }: ChallengePageProps) {
  const challenge = challenges.find((one) => one.name === name);
  if (challenge === undefined) {
    return (
      <p class="problem">
        There is no challenge “{name}”. <a href="#/drill">All challenges</a>
      </p>
    );
  }
  return <Opened challenge={challenge} moment={moment} />;
}

function Opened({ challenge, moment }: { readonly challenge: Challenge; readonly moment: string }) {
  const { player, clock, selection, problem } = useMemo(() => open(challenge, moment), [challenge, moment]);
  return (
    <>
      <h1>{challenge.title}</h1>
      <p class="quiet">
        {challenge.setup.broken.length === 0
          ? "With the rules that ship."
          : `Broken: ${challenge.setup.broken.join(", ")}.`}{" "}
        <a href="#/drill">All challenges</a>
      </p>
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <WorldView
        player={player}
        clock={clock}
        selection={selection}
        page={`challenge/${challenge.name}`}
        first={<ChallengePanel challenge={challenge} player={player} />}
      />
    </>
  );
}

function open(challenge: Challenge, text: string) {
  let player: Player | undefined;
  let problem: string | undefined;
  if (text !== "") {
    try {
      const shared = openChallenge(challenge, text);
      const { world, told, isSame } = reproduce(shared);
      player = new Player(shared.run, shared.at, world);
      if (!isSame) problem = told;
    } catch (error) {
      problem = `This link cannot be opened: ${(error as Error).message}.`;
    }
  }
  const shown = player ?? new Player(runOfChallenge(challenge));
  shown.terms = (action, done) => refusal(challenge, done, action);
  const clock = new PlayClock((micros) => shown.show(shown.now.value + micros));
  return { player: shown, clock, selection: new Selection(), problem };
}
