import { useSignal } from "@preact/signals";
import { hashesOf, writeComparison } from "../links/comparison-link.ts";
import type { Comparison } from "./comparison.ts";

interface ShareComparisonProps {
  readonly comparison: Comparison;
  readonly name: string;
  /** What the reader has set otherwise, as an address has it. */
  readonly changes: string;
}

/** The link to this moment of both sides. */
export function ShareComparison({ comparison, name, changes }: ShareComparisonProps) {
  const said = useSignal("");
  const share = async (): Promise<void> => {
    const hashes = hashesOf([comparison.shipped.tape, comparison.broken.tape]);
    const link = writeComparison(name, { changes, since: comparison.since, hashes });
    const address = `${location.href.split("#")[0]}${link}`;
    history.replaceState(null, "", address);
    try {
      await navigator.clipboard.writeText(address);
      said.value = "The link to this moment is copied.";
    } catch {
      said.value = "The link to this moment is in the address bar.";
    }
  };
  return (
    <>
      <button type="button" onClick={() => void share()}>
        Copy link
      </button>
      <span class="quiet" role="status">
        {said.value}
      </span>
    </>
  );
}
