import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { PackageSource } from "./checker.ts";

/** Folders whose files are not sources of the package: tests are free to import what they need. */
const notSources = new Set(["test", "dist", "node_modules", "bench"]);

/** Reads every workspace under `packages`, `examples` and `apps` of the repository at `root`. */
export function readPackages(root: string): readonly PackageSource[] {
  return ["packages", "examples", "apps"]
    .filter((group) => existsSync(join(root, group)))
    .flatMap((group) =>
      readdirSync(join(root, group), { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && existsSync(join(root, group, entry.name, "package.json")))
        .map((entry) => readPackage(root, `${group}/${entry.name}`)),
    );
}

function readPackage(root: string, folder: string): PackageSource {
  const manifest = readJson(join(root, folder, "package.json"));
  const tsconfigPath = join(root, folder, "tsconfig.json");
  const references = existsSync(tsconfigPath) ? (readJson(tsconfigPath)["references"] ?? []) : undefined;
  return {
    folder,
    manifest: {
      name: manifest["name"] as string,
      dependencies: Object.keys({
        ...asObject(manifest["dependencies"]),
        ...asObject(manifest["optionalDependencies"]),
      }),
      exports: Object.keys(manifest["exports"] ?? {}),
    },
    references: (references as { path: string }[] | undefined)?.map(({ path }) =>
      relative(root, join(root, folder, path))
        .split(sep)
        .join("/"),
    ),
    files: new Map(sourceFiles(join(root, folder)).map((path) => [posix(root, path), readFileSync(path, "utf8")])),
  };
}

function sourceFiles(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return notSources.has(entry.name) ? [] : sourceFiles(path);
    // What a build tool is told is no part of what is built.
    if (entry.name === "vite.config.ts") return [];
    return /\.(tsx?|mts|mjs|js)$/.test(entry.name) ? [path] : [];
  });
}

function posix(root: string, path: string): string {
  return relative(root, path).split(sep).join("/");
}

function asObject(value: object | string | undefined): object {
  return typeof value === "object" ? value : {};
}

function readJson(path: string): Record<string, object | string | undefined> {
  return JSON.parse(readFileSync(path, "utf8")) as Record<string, object | string | undefined>;
}
