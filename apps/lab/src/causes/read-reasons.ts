import { commitReasons } from "./commit-reasons.ts";
import { electionReasons } from "./election-reasons.ts";
import { numbersIn, type Explain } from "./reason.ts";

/** A read was answered without something that was committed when it was asked. */
const stale: Explain = (history, { message }, end) => {
  const found = numbersIn<"member" | "index" | "needed">(
    message,
    /member (?<member>\d+) serves a read at index (?<index>\d+); (?<needed>\d+) was committed/,
  );
  if (found === undefined) return [];
  const { member, needed } = found;
  const commit = history.commitOf(needed);
  const own = history.electionBefore(member, end.event);
  const newer = commit === undefined ? undefined : history.electionBefore(commit.member, commit.event);
  const asked = history.tape.requests.findLast(
    (read) => read.member === member && read.needed === needed && read.askedIn <= end.event,
  );
  return [
    ...(own === undefined ? [] : electionReasons(history, own, []).filter(({ weight }) => weight >= 800)),
    ...(newer === undefined || newer === own ? [] : electionReasons(history, newer, [])),
    ...(commit === undefined ? [] : commitReasons(history, commit, [])),
    ...(asked === undefined
      ? []
      : [
          {
            member,
            event: asked.askedIn,
            text: `a client asks member ${member}, which must answer as of entry ${needed} or later`,
            weight: 600,
          },
        ]),
  ];
};

export const reasonsOfReads = { stale };
