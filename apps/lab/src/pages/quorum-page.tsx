import { useMemo } from "preact/hooks";
import { ElectionCard } from "../arithmetic/election-card.tsx";
import { inputsOf } from "../arithmetic/kept-inputs.ts";
import { LatencyCard } from "../arithmetic/latency-card.tsx";
import { AvailabilityCard, QuorumCard } from "../arithmetic/quorum-card.tsx";

/** The arithmetic of quorums, by the planner that `quorate plan` uses. */
export function QuorumPage({ argument }: { readonly argument: string }) {
  const { inputs, change } = useMemo(() => inputsOf(argument), []);
  const present = inputs.value;
  return (
    <div class="arithmetic">
      <h1>The arithmetic of quorums</h1>
      <p>
        Drag, and see what follows; the address carries what you chose. The formulas are those of{" "}
        <code>quorate plan</code>.
      </p>
      <div class="cards">
        <QuorumCard inputs={present} change={change} />
        <AvailabilityCard inputs={present} change={change} />
        <ElectionCard inputs={present} change={change} />
        <LatencyCard inputs={present} change={change} />
      </div>
    </div>
  );
}
