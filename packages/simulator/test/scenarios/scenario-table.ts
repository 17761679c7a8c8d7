import { describeExpectation } from "../../src/index.ts";
import type { DirectedScenario, MemberScenario } from "../../src/index.ts";

/** The rows of docs/scenarios.md: what each scenario is and comes to, with the real rules and with broken ones. */
export function scenarioTable(scenarios: readonly (DirectedScenario | MemberScenario)[]): string {
  const rows = scenarios.map((scenario) => {
    const variants = [scenario.broken ?? []].flat();
    const broken = variants.map(({ what, expects }) => `*${what}:* ${describeExpectation(expects)}`);
    const cells = [
      `**${scenario.name}** (${scenario.members})`,
      scenario.title,
      describeExpectation(scenario.expects),
      broken.join("<br>"),
      scenario.source,
    ];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  const head = "| scenario (members) | what happens | with the real rules | with a broken one | known from |";
  return [head, "| --- | --- | --- | --- | --- |", ...rows].join("\n");
}

/** What stands between the two lines that mark a part of a document. @throws when there are none */
export function partOf(
  document: string,
  name: string,
): { readonly before: string; readonly after: string; readonly text: string } {
  const [begin, end] = [`<!-- ${name} -->\n`, `\n<!-- end of ${name} -->`];
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the document has no part "${name}"`);
  const at = from + begin.length;
  return { before: document.slice(0, at), text: document.slice(at, to), after: document.slice(to) };
}
