import { isBuiltin } from "node:module";
import { dirname, join, normalize } from "node:path/posix";
import { findImports } from "./import-scanner.ts";
import type { Layer } from "./house.ts";

/** What the checker looks at: plain data, so that a test can give it a bad house. */
export interface PackageSource {
  readonly folder: string;
  readonly manifest: {
    readonly name: string;
    readonly dependencies: readonly string[];
    /** Keys of `exports`: "." and subpaths. */
    readonly exports: readonly string[];
  };
  /** Packages that its tsconfig.json references, as folders under the root; undefined when it has no tsconfig.json. */
  readonly references: readonly string[] | undefined;
  /** Source files by path under the root, with "/". Tests are not sources. */
  readonly files: ReadonlyMap<string, string>;
}

/** Everything that breaks the house, one sentence each; empty when it stands. */
export function findViolations(layers: readonly Layer[], packages: readonly PackageSource[]): readonly string[] {
  const violations = [...upwardRules(layers)];
  const byName = new Map(packages.map((one) => [one.manifest.name, one]));
  for (const one of packages) {
    const layer = layers.find(({ folder }) => folder === one.folder);
    if (layer === undefined) {
      violations.push(`${one.folder} has no row in the table of the house (test/layers/house.ts)`);
      continue;
    }
    if (layer.name !== one.manifest.name) {
      violations.push(`${one.folder} is named ${one.manifest.name}; the table says ${layer.name}`);
    }
    violations.push(...checkPackage(layer, one, byName));
  }
  return violations;
}

/** The table itself must point down: a package uses only rows above its own. */
function upwardRules(layers: readonly Layer[]): readonly string[] {
  const above = new Set<string>();
  const violations: string[] = [];
  for (const { name, uses } of layers) {
    for (const used of uses) {
      if (!above.has(used)) violations.push(`the table lets ${name} use ${used}, which is not below it`);
    }
    above.add(name);
  }
  return violations;
}

function checkPackage(layer: Layer, one: PackageSource, byName: ReadonlyMap<string, PackageSource>): readonly string[] {
  const violations: string[] = [];
  const imported = new Set<string>();
  for (const [path, source] of one.files) {
    for (const { specifier, line } of findImports(source)) {
      const where = `${path}:${line}`;
      if (specifier.startsWith(".")) {
        const target = normalize(join(dirname(path), specifier));
        if (!target.startsWith(`${one.folder}/`)) violations.push(`${where} reaches out of its package: ${specifier}`);
        continue;
      }
      if (isBuiltin(specifier)) {
        if (!layer.node) violations.push(`${where} imports ${specifier}; ${layer.name} is host-neutral`);
        else if (!specifier.startsWith("node:")) violations.push(`${where} must import "node:${specifier}"`);
        continue;
      }
      const name = packageName(specifier);
      // A package may name itself, to be found through its own "exports".
      if (name === layer.name) continue;
      imported.add(name);
      const target = byName.get(name);
      if (target === undefined) {
        if (!layer.external.includes(name))
          violations.push(`${where} imports ${name}, which ${layer.name} may not use`);
        continue;
      }
      if (!layer.uses.includes(name)) violations.push(`${where} imports ${name}; ${layer.name} may not use it`);
      const subpath = `.${specifier.slice(name.length)}`;
      if (!target.manifest.exports.includes(subpath)) {
        violations.push(`${where} imports ${specifier}, an internal of ${name}`);
      }
    }
  }
  return [...violations, ...checkManifest(one, imported, byName)];
}

/** package.json and tsconfig.json say what the sources say, no more and no less. */
function checkManifest(
  one: PackageSource,
  imported: ReadonlySet<string>,
  byName: ReadonlyMap<string, PackageSource>,
): readonly string[] {
  const violations: string[] = [];
  for (const name of imported) {
    if (!one.manifest.dependencies.includes(name)) {
      violations.push(`${one.folder}/package.json does not declare ${name}, which its sources import`);
    }
  }
  for (const name of one.manifest.dependencies) {
    if (!imported.has(name)) violations.push(`${one.folder}/package.json declares ${name}, which no source imports`);
  }
  if (one.references === undefined) return violations;
  const needed = new Set([...imported].flatMap((name) => byName.get(name)?.folder ?? []));
  for (const folder of needed) {
    if (!one.references.includes(folder)) violations.push(`${one.folder}/tsconfig.json does not reference ${folder}`);
  }
  for (const folder of one.references) {
    if (!needed.has(folder))
      violations.push(`${one.folder}/tsconfig.json references ${folder}, which no source imports`);
  }
  return violations;
}

function packageName(specifier: string): string {
  const parts = specifier.split("/");
  return parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}
