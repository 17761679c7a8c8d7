import { ChallengeList } from "../ui/challenge-list.tsx";
import { answerQuestion, answers, forgetAnswers } from "../drill/progress.ts";
import type { Question } from "../drill/question.ts";
import { questions } from "../drill/library.ts";

/** Code and logs to review: choose, read why, and watch the counterexample run. */
export function DrillPage() {
  const given = answers.value;
  const right = questions.filter(({ name, options }) => options[given[name] ?? -1]?.isRight === true).length;
  const answered = questions.filter(({ name }) => given[name] !== undefined).length;
  return (
    <div class="drill">
      <h1>The drill</h1>
      <ChallengeList />
      <h2>Review it</h2>
      <p>
        Each piece of code or log hides something. Choose; each choice says why it is right or not, and its
        counterexample runs in the shipped core.
      </p>
      <p role="status">
        {answered} of {questions.length} answered, {right} right.{" "}
        {answered > 0 && (
          <button type="button" onClick={forgetAnswers}>
            Begin again
          </button>
        )}
      </p>
      {questions.map((question, at) => (
        <Asked key={question.name} question={question} number={at + 1} chosen={given[question.name]} />
      ))}
    </div>
  );
}

interface AskedProps {
  readonly question: Question;
  readonly number: number;
  readonly chosen: number | undefined;
}

function Asked({ question, number, chosen }: AskedProps) {
  const { name, title, asks, excerpt, options, story } = question;
  return (
    <section class="panel" aria-label={`Question ${number}: ${title}`}>
      <h3>
        {number}. {title}
      </h3>
      <pre tabIndex={0}>
        <code>{excerpt}</code>
      </pre>
      <fieldset>
        <legend>{asks}</legend>
        {options.map(({ text, isRight, why }, at) => (
          <div key={text} class="option">
            <label>
              <input type="radio" name={name} checked={chosen === at} onChange={() => answerQuestion(name, at)} />{" "}
              {text}
            </label>
            {chosen === at && <p class={isRight ? "good" : "bad"}>{why}</p>}
          </div>
        ))}
      </fieldset>
      {chosen !== undefined && (
        <p>
          <a href={`#/compare/${story}`}>Watch it happen</a>
        </p>
      )}
    </section>
  );
}
