import { signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import { ComparePage } from "./pages/compare-page.tsx";
import { DoctorPage } from "./pages/doctor-page.tsx";
import { RunPage } from "./pages/run-page.tsx";
import { StagePage } from "./pages/stage-page.tsx";
import { StoriesPage } from "./pages/stories-page.tsx";
import { later } from "./ui/later.tsx";
import { useDroppedRuns } from "./runs/drop-run.ts";

const ChallengePage = later(async () => (await import("./pages/challenge-page.tsx")).ChallengePage);
const DrillPage = later(async () => (await import("./pages/drill-page.tsx")).DrillPage);
const QuorumPage = later(async () => (await import("./pages/quorum-page.tsx")).QuorumPage);

/** What is behind the # of the address: a page, and what it is to show. */
const place = signal(location.hash);
addEventListener("hashchange", () => {
  place.value = location.hash;
});

const pages: readonly { readonly path: string; readonly title: string }[] = [
  { path: "#/", title: "Comparisons" },
  { path: "#/stage", title: "Stage" },
  { path: "#/run", title: "Failed runs" },
  { path: "#/drill", title: "Drill" },
  { path: "#/quorum", title: "Quorums" },
  { path: "#/doctor", title: "Doctor" },
];

export function App() {
  const [, page = "", argument = "", changes = ""] = place.value.split("/");
  // Logs are dropped on the doctor.
  useDroppedRuns(page !== "doctor");
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="top">
        <a class="name" href="#/">
          Quorate <span>lab</span>
        </a>
        <nav aria-label="Pages">
          {pages.map(({ path, title }) => (
            <a key={path} href={path} aria-current={isPresent(path, page) ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
      </header>
      <main id="main" tabIndex={-1}>
        {contentOf(page, argument, changes)}
      </main>
    </>
  );
}

function isPresent(path: string, page: string): boolean {
  return path === `#/${page}` || (path === "#/" && page === "compare") || (path === "#/drill" && page === "challenge");
}

function contentOf(page: string, argument: string, changes: string): ComponentChild {
  if (page === "stage") return <StagePage key={argument} moment={argument} />;
  if (page === "compare") return <ComparePage key={`${argument}/${changes}`} name={argument} changes={changes} />;
  if (page === "challenge") {
    return <ChallengePage key={`${argument}/${changes}`} name={argument} moment={changes} />;
  }
  if (page === "run") return <RunPage argument={argument} />;
  if (page === "drill") return <DrillPage />;
  if (page === "quorum") return <QuorumPage argument={argument} />;
  if (page === "doctor") return <DoctorPage />;
  return <StoriesPage />;
}
