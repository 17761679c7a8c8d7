import { arrivalReasons, writerOf } from "./commit-reasons.ts";
import { electionReasons } from "./election-reasons.ts";
import { numbersIn, type Explain } from "./reason.ts";

/** Two logs share an entry, and not what is before it. */
const apart: Explain = (history, { message }, end) => {
  const found = numbersIn<"member" | "index" | "term">(
    message,
    /member (?<member>\d+) has (?:another )?entry (?<index>\d+) of term (?<term>\d+)/,
  );
  if (found === undefined) return [];
  const { member, index, term } = found;
  const here = history.arrivalOf(member, index, end.event) ?? { ...end, append: undefined };
  const before = index > 1 ? history.arrivalOf(member, index - 1, end.event) : undefined;
  const wrote = writerOf(history, here, index);
  const wroteBefore = before === undefined ? undefined : writerOf(history, before, index - 1);
  // Usually one; two leaders of one term may have written two entries of the same name.
  const elections = history.elections.filter((one) => one.term === term).slice(-2);
  const append = history.order.takenAt(end).findLast(({ type }) => type === "append");
  return [
    ...(wroteBefore === undefined ? [] : [wroteBefore]),
    ...(before === undefined ? [] : arrivalReasons(history, before, index - 1)),
    ...elections.flatMap((election) => electionReasons(history, election, [])),
    ...(wrote === undefined ? [] : [wrote]),
    ...(append === undefined
      ? []
      : [
          {
            member: append.from,
            event: append.sentIn,
            text: `member ${append.from} sends member ${member}: ${append.text}`,
            weight: 700,
          },
        ]),
  ];
};

export const reasonsOfLogs = { apart };
