import { useEffect, useMemo, useState } from "preact/hooks";
import { challenges } from "../challenges/library.ts";
import { runOfChallenge, standingOf, type Challenge } from "../challenges/challenge.ts";
import { keepSolution } from "../challenges/progress.ts";
import { encodeMoment } from "../links/link.ts";
import { shareMoment } from "../links/share.ts";
import { stories } from "../stories/library.ts";
import type { Player } from "./player.ts";
import { timeText } from "./words.ts";

interface ChallengePanelProps {
  readonly challenge: Challenge;
  readonly player: Player;
}

/** The terms of a challenge, how far the reader is, and what helps. */
export function ChallengePanel({ challenge, player }: ChallengePanelProps) {
  const { tape, run } = player;
  const [isShown, setShown] = useState(false);
  const standing = useMemo(
    () => standingOf(challenge, run.actions, tape),
    [challenge, run.actions, tape.events.length],
  );
  const { solvedAt, used } = standing;
  const isSolved = solvedAt !== undefined && solvedAt <= player.now.value;
  const isOwn = !isShown || run.actions !== challenge.solution;
  const moment = useMemo(
    () => (isSolved ? encodeMoment(shareMoment(run, Math.ceil(solvedAt))) : ""),
    [isSolved, run, solvedAt],
  );
  useEffect(() => {
    if (isSolved && isOwn) keepSolution(challenge.name, moment);
  }, [challenge.name, isSolved, isOwn, moment]);
  const endMicros = challenge.until * challenge.setup.electionTimeoutMs * 1000;
  const isLate = !isSolved && player.now.value > endMicros;
  return (
    <div class={`panel challenge ${isSolved ? "is-solved" : ""}`} role="group" aria-label="The challenge">
      <p>{challenge.about}</p>
      <p>
        Bring about that <strong>{challenge.goal.text}</strong>, with{" "}
        <strong>{challenge.limit === 1 ? "one action" : `at most ${challenge.limit} actions`}</strong> within{" "}
        {timeText(endMicros)}. What clients ask for is free.
      </p>
      <p class="quiet">You may: {allowedText(challenge)}.</p>
      <p role="status">
        {isSolved ? (
          <strong class="good">
            {isOwn ? "Solved" : "This is one solution: it was reached"} at {timeText(solvedAt)}, with {used}{" "}
            {used === 1 ? "action" : "actions"}.
          </strong>
        ) : (
          <>
            {used} of {challenge.limit} used. {isLate ? "Too late: go back in time, or begin anew." : "Not yet."}
          </>
        )}
      </p>
      {isSolved && (
        <>
          <p>{challenge.shows}</p>
          <p>
            <a href={`#/challenge/${challenge.name}/${moment}`}>Link to this solution</a>
            <StoryLink challenge={challenge} />
            <NextLink challenge={challenge} />
          </p>
        </>
      )}
      <div class="buttons">
        <button
          type="button"
          onClick={() => {
            setShown(false);
            player.become(runOfChallenge(challenge));
          }}
        >
          Begin anew
        </button>
      </div>
      <Hints
        challenge={challenge}
        showSolution={() => {
          setShown(true);
          player.become(runOfChallenge(challenge, challenge.solution));
          player.show(endMicros);
          player.show(standingOf(challenge, challenge.solution, player.tape).solvedAt ?? 0);
          player.said.value = "One solution, as it is reached: go back to see what led there.";
        }}
      />
    </div>
  );
}

/** One at a time; behind the last one a whole solution. */
function Hints({ challenge, showSolution }: { readonly challenge: Challenge; readonly showSolution: () => void }) {
  const [count, setCount] = useState(0);
  const { hints } = challenge;
  const isOver = count >= hints.length;
  return (
    <>
      {count > 0 && (
        <ol class="hints">
          {hints.slice(0, count).map((hint) => (
            <li key={hint}>{hint}</li>
          ))}
        </ol>
      )}
      <button type="button" onClick={() => (isOver ? showSolution() : setCount(count + 1))}>
        {isOver ? "Show one solution" : `Hint ${count + 1} of ${hints.length}`}
      </button>
    </>
  );
}

function StoryLink({ challenge }: { readonly challenge: Challenge }) {
  const story = stories.find(({ name }) => name === challenge.story);
  if (story === undefined) return null;
  return (
    <>
      {" · "}
      <a href={`#/compare/${story.name}`}>{story.title}</a>
    </>
  );
}

function NextLink({ challenge }: { readonly challenge: Challenge }) {
  const next = challenges[challenges.indexOf(challenge) + 1];
  if (next === undefined) return null;
  return (
    <>
      {" · "}
      <a href={`#/challenge/${next.name}`}>Next: {next.title}</a>
    </>
  );
}

const names: Readonly<Record<string, string>> = {
  block: "cut single links, one direction each",
  unblock: "let messages through a link again",
  mend: "mend single links",
  partition: "cut members off, in groups",
  heal: "mend everything",
  link: "slow single links down",
  crash: "kill",
  start: "start",
  pause: "pause a process",
  resume: "let it go on",
  suspend: "put a machine to sleep",
  "drift-clock": "let a clock run slow or fast",
  "stall-disk": "stall a disk",
  "wipe-disk": "wipe a disk",
  members: "change the voters",
  abandon: "give a change of voters up",
  write: "write",
  read: "read",
  "read-by-clock": "read by lease",
};

function allowedText({ allowed }: Challenge): string {
  return [...new Set(allowed.map((one) => names[one] ?? one))].join(", ");
}
