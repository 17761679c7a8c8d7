import { challenges } from "../challenges/library.ts";
import { forgetSolutions, solved } from "../challenges/progress.ts";

/** What there is to break by hand, and what of it is done. */
export function ChallengeList() {
  const done = challenges.filter(({ name }) => solved.value[name] !== undefined).length;
  return (
    <section aria-label="Challenges">
      <h2>Break it by hand</h2>
      <p>
        Each is a world of the shipped core, with one rule broken or none. Bring about what is asked for, with as few
        actions as it says; the simulator's own checkers are the judges.
      </p>
      <p role="status">
        {done} of {challenges.length} challenges solved.{" "}
        {done > 0 && (
          <button type="button" onClick={forgetSolutions}>
            Forget the solutions
          </button>
        )}
      </p>
      <ul class="cards challenges">
        {challenges.map(({ name, title, goal, limit, setup }) => {
          const moment = solved.value[name];
          return (
            <li key={name}>
              <a href={`#/challenge/${name}`}>
                <strong>{title}</strong>
                <span>
                  {goal.text}: {limit === 1 ? "one action" : `${limit} actions`}
                </span>
                <span class="quiet">{setup.broken.length === 0 ? "the rules that ship" : setup.broken.join(", ")}</span>
                {moment !== undefined && <span class="good">solved</span>}
              </a>
              {moment !== undefined && <a href={`#/challenge/${name}/${moment}`}>Your solution</a>}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
