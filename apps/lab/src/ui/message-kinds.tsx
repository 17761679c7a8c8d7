import type { TapePacket } from "../world/tape.ts";

/** What is told apart of messages without colour: on the stage by their shapes, over time by their lines and heads. */
export type MessageKind = "append" | "vote" | "heartbeat" | "state" | "answer" | "refusal";

export function kindOf({ type, about }: Pick<TapePacket, "type" | "about">): MessageKind {
  if (type.endsWith("rejected") || about?.granted === false) return "refusal";
  if (isAnswer(type)) return "answer";
  if (type === "append" || type === "state") return type;
  return type.includes("vote") ? "vote" : "heartbeat";
}

function isAnswer(type: string): boolean {
  return type.endsWith("response") || type.endsWith("accepted") || type.endsWith("rejected");
}

/** Kinds are told apart by shape as well as by colour. */
export function shapeOf(type: string, x: number, y: number) {
  if (isAnswer(type)) return <circle cx={x} cy={y} r={5} />;
  if (type === "append") return <rect x={x - 6} y={y - 6} width={12} height={12} rx={2} />;
  if (type.includes("vote")) return <path d={`M${x} ${y - 8}L${x + 8} ${y + 6}H${x - 8}Z`} />;
  if (type === "state") return <rect x={x - 9} y={y - 6} width={18} height={12} rx={3} />;
  return <path d={`M${x} ${y - 6}L${x + 6} ${y}L${x} ${y + 6}L${x - 6} ${y}Z`} />;
}

interface ArrowProps {
  readonly kind: MessageKind;
  readonly isLost: boolean;
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
}

/** From where it was sent to where it came: filled heads ask, open ones answer, a bar refuses, and a cross is lost. */
export function Arrow({ kind, isLost, from, to }: ArrowProps) {
  const [[x1, y1], [x2, y2]] = [from, to];
  const length = Math.max(0.001, Math.hypot(x2 - x1, y2 - y1));
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
  /** So far back from its end, and so far to its left. */
  const at = (back: number, left: number): string =>
    `${(x2 - dx * back + dy * left).toFixed(1)} ${(y2 - dy * back - dx * left).toFixed(1)}`;
  return (
    <>
      <line class={`shaft of-kind-${kind}`} x1={x1} y1={y1} x2={x2} y2={y2} />
      <path
        class={`head${isLost || kind === "answer" || kind === "refusal" ? " is-open" : ""}`}
        d={headOf(kind, isLost, at)}
      />
    </>
  );
}

function headOf(kind: MessageKind, isLost: boolean, at: (back: number, left: number) => string): string {
  if (isLost) return `M${at(4, 4)}L${at(-4, -4)}M${at(4, -4)}L${at(-4, 4)}`;
  if (kind === "refusal") return `M${at(0, 6)}L${at(0, -6)}`;
  const ends = `M${at(9, 4)}L${at(0, 0)}L${at(9, -4)}`;
  return kind === "answer" ? ends : `${ends}Z`;
}

const told = [
  { type: "append", says: "entries" },
  { type: "heartbeat", says: "heartbeat, and what else is asked" },
  { type: "vote-request", says: "asks for a vote" },
  { type: "state", says: "piece of a state" },
  { type: "append-accepted", says: "answer: yes" },
  { type: "append-rejected", says: "answer: no" },
  { type: "append", says: "lost on its way", isLost: true },
] as const;

/** Each kind as it is drawn on the stage and over time, with what it is. */
export function KindsLegend() {
  return (
    <ul class="kinds" aria-label="How messages are drawn">
      {told.map((one) => {
        const isLost = "isLost" in one;
        return (
          <li key={one.says}>
            <svg viewBox="0 0 64 20" aria-hidden="true">
              <g class={`message of-${one.type}${isLost ? " is-lost" : ""}`}>{shapeOf(one.type, 10, 10)}</g>
              <g class={`arrow of-${one.type}${isLost ? " is-lost" : ""}`}>
                <Arrow kind={kindOf({ type: one.type })} isLost={isLost} from={[24, 10]} to={[58, 10]} />
              </g>
            </svg>{" "}
            {one.says}
          </li>
        );
      })}
    </ul>
  );
}
