import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { decidedValue, electionOutcome, type MemberId } from "@quorate/raft";

/** etcd-io/raft's own quorum cases, kept outside the project: QUORATE_CONFORMANCE names their folder. */
const repository = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const folder = join(process.env["QUORATE_CONFORMANCE"] ?? resolve(repository, "../shared/conformance"), "etcd-raft");
const files = ["majority_commit.txt", "joint_commit.txt", "majority_vote.txt", "joint_vote.txt"];
const answers = { won: "VoteWon", lost: "VoteLost", pending: "VotePending" } as const;

interface Directive {
  readonly line: string;
  readonly command: string;
  readonly voters: readonly MemberId[];
  readonly outgoing: readonly MemberId[];
  readonly tokens: readonly string[];
  readonly expected: string;
}

function listOf(line: string, name: string): string[] {
  const found = new RegExp(`\\b${name}=\\(([^)]*)\\)`).exec(line);
  return found === null
    ? []
    : (found[1] as string)
        .split(",")
        .map((token) => token.trim())
        .filter(Boolean);
}

function directivesOf(text: string): Directive[] {
  const lines = text.split("\n");
  const directives: Directive[] = [];
  lines.forEach((line, at) => {
    if (line !== "----") return;
    const directive = lines[at - 1] as string;
    const blank = lines.indexOf("", at);
    const answer = lines.slice(at + 1, blank === -1 ? lines.length : blank);
    directives.push({
      line: directive,
      command: directive.split(" ")[0] as string,
      voters: listOf(directive, "cfg").map(Number),
      outgoing: listOf(directive, "cfgj").map(Number),
      tokens: [...listOf(directive, "idx"), ...listOf(directive, "votes")],
      // For an empty configuration the picture of the bars and the answer share a line.
      expected: (answer.at(-1) as string).replace("<empty majority quorum>", ""),
    });
  });
  return directives;
}

function answerOf({ command, voters, outgoing, tokens }: Directive): string {
  const ids = [...new Set([...voters, ...outgoing])];
  const tokenOf = (id: MemberId): string | undefined => tokens[ids.indexOf(id)];
  if (command === "committed") {
    const index = decidedValue({ voters, outgoing }, (id) => {
      const token = tokenOf(id);
      return token === undefined || token === "_" ? 0 : Number(token);
    });
    return Number.isFinite(index) ? String(index) : "∞";
  }
  const outcome = electionOutcome({ voters, outgoing }, (id) => {
    const token = tokenOf(id);
    return token === "y" ? true : token === "n" ? false : undefined;
  });
  return answers[outcome];
}

if (!existsSync(folder)) {
  console.error(`SKIPPED: no quorum conformance data at ${folder}; set QUORATE_CONFORMANCE to its folder`);
}

test("the quorum arithmetic gives etcd-io/raft's answer to every directive", { skip: !existsSync(folder) }, () => {
  const directives = files.flatMap((file) => directivesOf(readFileSync(join(folder, file), "utf8")));
  assert.equal(directives.length, 127);
  for (const directive of directives) assert.equal(answerOf(directive), directive.expected, directive.line);
});
