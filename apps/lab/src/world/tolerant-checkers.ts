import { SafetyViolation, type Checker } from "@quorate/simulator";

type Hook = (...parts: never[]) => void;

/** The checkers of the simulator; what one finds is told, once, and the world goes on. */
export function tolerantCheckers(
  checkers: readonly Checker[],
  found: (violation: SafetyViolation) => void,
): readonly Checker[] {
  return tellingCheckers(checkers, found, () => {});
}

/** The checkers of the simulator; what one finds is told, and ends the run as it does everywhere else. */
export function strictCheckers(
  checkers: readonly Checker[],
  found: (violation: SafetyViolation) => void,
): readonly Checker[] {
  return tellingCheckers(checkers, found, (violation) => {
    throw violation;
  });
}

function tellingCheckers(
  checkers: readonly Checker[],
  found: (violation: SafetyViolation) => void,
  then: (violation: SafetyViolation) => void,
): readonly Checker[] {
  return checkers.map((checker) => {
    let hasFallen = false;
    const hooks = Object.entries(checker).filter((part): part is [string, Hook] => typeof part[1] === "function");
    const telling = hooks.map(([name, hook]) => {
      const watch: Hook = (...parts) => {
        if (hasFallen) return;
        try {
          hook.apply(checker, parts);
        } catch (error) {
          if (!(error instanceof SafetyViolation)) throw error;
          hasFallen = true;
          found(error);
          then(error);
        }
      };
      return [name, watch];
    });
    return { ...(Object.fromEntries(telling) as Partial<Checker>), name: checker.name };
  });
}
