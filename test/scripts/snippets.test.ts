import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { root } from "../harness/quorate-command.ts";

const run = promisify(execFile);

/** Documents for readers who copy from them. */
const documents = [
  "README.md",
  ...readdirSync(join(root, "docs")).flatMap((file) => (file.endsWith(".md") ? [join("docs", file)] : [])),
];

/** Blocks of TypeScript, each a module of its own. */
function snippetsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);
}

/** What the compiler says about these modules, if anything; about the packages it speaks elsewhere. */
async function compile(modules: ReadonlyMap<string, string>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "quorate-snippets-"));
  try {
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    const settings = {
      extends: join(root, "tsconfig.test.json"),
      compilerOptions: { noUnusedLocals: false },
      include: ["*.ts"],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
    for (const [name, code] of modules) writeFileSync(join(folder, name), `${code}\nexport {};\n`);
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    return await run(process.execPath, [compiler, "-p", folder, "--pretty", "false"]).then(
      () => "",
      ({ stdout }: { stdout: string }) =>
        stdout
          .split("\n")
          .filter((line) => line.includes("quorate-snippets-"))
          .join("\n"),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("every block of TypeScript in the documents compiles, and one that does not would be found", async () => {
  const modules = new Map<string, string>();
  for (const document of documents) {
    for (const [at, code] of snippetsOf(readFileSync(join(root, document), "utf8")).entries()) {
      modules.set(`${document.replaceAll("/", "-").replace(/\.md$/, "")}-${at + 1}.ts`, code);
    }
  }
  assert.ok(modules.size >= 5);
  assert.equal(await compile(modules), "");
  const wrong = new Map([["wrong.ts", 'import { simulate } from "@quorate/simulator";\nsimulate({ seeds: "many" });']]);
  assert.match(await compile(wrong), /wrong\.ts.*error TS/);
});
