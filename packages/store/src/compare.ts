import type { Compare } from "./operations.ts";
import { compareBytes } from "./range-read.ts";
import { absent, type Version } from "./version.ts";

/**
 * Whether a range without keys satisfies a comparison: it stands for one key of version, revisions and lease 0, and has
 * no value to compare with, so a comparison of values is false whatever the relation.
 */
export function holdsWithoutKeys(compare: Compare): boolean {
  return compare.target.kind !== "value" && holdsFor(compare, absent);
}

export function holdsFor({ relation, target }: Compare, version: Version): boolean {
  switch (target.kind) {
    case "version":
      return isRelated(relation, version.version - target.operand);
    case "create":
      return isRelated(relation, version.createRevision - target.operand);
    case "mod":
      return isRelated(relation, version.revision - target.operand);
    case "lease":
      return isRelated(relation, version.lease < target.operand ? -1 : version.lease > target.operand ? 1 : 0);
    case "value":
      return isRelated(relation, compareBytes(version.value, target.operand));
  }
}

function isRelated(relation: Compare["relation"], order: number): boolean {
  switch (relation) {
    case "equal":
      return order === 0;
    case "not-equal":
      return order !== 0;
    case "greater":
      return order > 0;
    case "less":
      return order < 0;
  }
}
