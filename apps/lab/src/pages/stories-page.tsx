import { stories } from "../stories/library.ts";

const parts = [...new Set(stories.map(({ part }) => part))];

/** What there is to compare. */
export function StoriesPage() {
  return (
    <div class="stories">
      <h1>See what each rule of Raft prevents</h1>
      <p>
        This page runs Quorate's own Raft, the packages that production runs, in the simulator that tests them. Each
        comparison below lets the same things happen to two clusters, with one thing different: one has the rules that
        ship, and the other breaks a rule, or two that go together, or has another setting, or a promise that is not
        kept. Go back and forth in time, look into every message, or take over and break it yourself.
      </p>
      {parts.map((part) => (
        <section key={part} aria-label={part}>
          <h2>{part}</h2>
          <ul class="cards">
            {stories
              .filter((story) => story.part === part)
              .map(({ name, title, outcome }) => (
                <li key={name}>
                  <a href={`#/compare/${name}`}>
                    <strong>{title}</strong>
                    <span class="good">{outcome.shipped}</span>
                    <span class="bad">{outcome.broken}</span>
                  </a>
                </li>
              ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
