import { useEffect, useMemo } from "preact/hooks";
import type { Selection } from "../ui/inspector.tsx";
import type { Player } from "../ui/player.ts";
import { brokenText, timeText } from "../ui/words.ts";
import { chainOf, type Chain, type Fall, type Step } from "./chain.ts";
import { ChainPicture } from "./chain-picture.tsx";

interface CausesProps {
  readonly player: Player;
  readonly selection: Selection;
  /** Leads to a moment, in µs of this world. */
  readonly show: (micros: number) => void;
  /** What times are counted from, in µs. */
  readonly from: number;
}

/** Asks what led to something that fell, or asks no more. */
export function CausesButton({
  player,
  selection,
  fall,
}: Pick<CausesProps, "player" | "selection"> & { readonly fall: Fall }) {
  const asked = selection.fall.value;
  const isAsked = asked?.run === player.run && asked.fall.event === fall.event && asked.fall.property === fall.property;
  return (
    <button
      type="button"
      class="link"
      aria-expanded={isAsked}
      onClick={() => {
        selection.fall.value = isAsked ? undefined : { run: player.run, fall };
      }}
    >
      What led to it
    </button>
  );
}

/** What led to what the reader asked of. It stays while its steps are looked at, which come before anything fell. */
export function Causes(props: CausesProps) {
  const { player, selection } = props;
  const asked = selection.fall.value;
  // In another history nothing may have fallen.
  if (asked?.run !== player.run) return null;
  const { fall } = asked;
  return (
    <section class="causes" aria-label={`What led to it: ${fall.property}`}>
      <h3>What led to it: {fall.property}</h3>
      <Steps {...props} fall={fall} />
      <button
        type="button"
        onClick={() => {
          selection.fall.value = undefined;
        }}
      >
        Close
      </button>
    </section>
  );
}

function Steps({ player, selection, fall, show, from }: CausesProps & { readonly fall: Fall }) {
  const { tape } = player;
  const { event, property, message } = fall;
  // A tape that grows says nothing new of what led to an event.
  const chain = useMemo(() => chainOf(tape, { event, property, message }), [player.run, event, property, message]);
  useEffect(() => {
    selection.chain.value = chain;
    return () => {
      if (selection.chain.value === chain) selection.chain.value = undefined;
    };
  }, [selection, chain]);
  return (
    <>
      <ChainPicture chain={chain} members={tape.members} />
      <ol>
        {chain.steps.map((step, at) => (
          <li key={`${step.event} ${step.member}`}>
            <button
              type="button"
              class="link"
              onClick={() => {
                show(tape.events[step.event]?.at ?? 0);
                selection.ofEvent(step.event);
              }}
            >
              at {timeText((tape.events[step.event]?.at ?? 0) - from)}
            </button>{" "}
            {step.text}
            {step.broken.map((decision) => (
              <strong key={decision.rule} class="broken">
                {brokenText(decision)}
              </strong>
            ))}
            <Follows chain={chain} step={step} at={at} />
          </li>
        ))}
      </ol>
    </>
  );
}

/** What a step follows from, where that is not simply the step above it. */
function Follows({ chain, step, at }: { readonly chain: Chain; readonly step: Step; readonly at: number }) {
  const { after } = step;
  const isLast = at === chain.steps.length - 1;
  const against =
    isLast && chain.against.length > 0 ? `held against ${listOf(chain.against)}, of which it knew nothing` : "";
  const follows =
    after.length === 0
      ? at > 0
        ? "knows of none of the above"
        : ""
      : after.length === 1 && after[0] === at - 1
        ? ""
        : `follows from ${listOf(after)}`;
  const text = [follows, against].filter((part) => part !== "").join("; ");
  return text === "" ? null : <span class="quiet"> ({text})</span>;
}

function listOf(places: readonly number[]): string {
  return places.map((place) => place + 1).join(" and ");
}
