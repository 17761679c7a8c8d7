import type { LogBase, PersistEffect, Rules } from "@quorate/raft";
import type { ClusterRecord } from "../cluster-record.ts";
import { LogView } from "../log-view.ts";
import type { Checker, Observed } from "../observation.ts";
import type { LogDevice } from "./log-device.ts";

/** The log as a member's core has it, what is not durable yet included: every change is shown to the checkers. */
export class WatchedLog {
  #view = new LogView();
  readonly #member: Observed;
  readonly #durable: LogDevice;
  readonly #rules: Rules;
  readonly #around: { readonly checkers: readonly Checker[]; readonly record: ClusterRecord };

  constructor(
    member: Observed,
    durable: LogDevice,
    rules: Rules,
    around: { readonly checkers: readonly Checker[]; readonly record: ClusterRecord },
  ) {
    this.#member = member;
    this.#durable = durable;
    this.#rules = rules;
    this.#around = around;
  }

  get view(): LogView {
    return this.#view;
  }

  /** An incarnation begins with what its disk held. */
  begin(found: LogView): void {
    this.#view = found.copy();
  }

  /** `leading` when the member led the same term before and after. */
  take(effect: PersistEffect, leading: boolean): void {
    if (effect.base !== undefined) this.#beginBehind(effect.base);
    if (effect.truncateFrom !== undefined) {
      this.#around.record.marks.reach("conflicting entries truncated");
      for (const checker of this.#around.checkers) checker.truncated?.(this.#member, effect.truncateFrom, leading);
      this.#view.truncateFrom(effect.truncateFrom);
    }
    for (const entry of effect.entries) {
      const previousTerm = this.#view.termAt(entry.index - 1) ?? 0;
      this.#view.append(entry);
      for (const checker of this.#around.checkers) checker.appended?.(this.#member, entry, previousTerm);
    }
  }

  /** The log goes on behind the state where it holds its last entry, and begins anew there otherwise. */
  #beginBehind({ position }: LogBase): void {
    const history = this.#durable.installedAt(position.index)?.history;
    const isKept = this.#rules.keepsSuffix(this.#view.termAt(position.index), position.term);
    if (history === undefined || isKept) return;
    this.#around.record.marks.reach("log begun anew behind a state");
    const from = this.#view.firstDifference(history);
    if (from <= this.#view.lastIndex) {
      for (const checker of this.#around.checkers) checker.truncated?.(this.#member, from, false);
    }
    this.#view = history.copy();
  }
}
