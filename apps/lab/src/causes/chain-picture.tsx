import type { Chain } from "./chain.ts";

const stepWidth = 56;
const laneHeight = 30;
const left = 28;

/** The steps of a chain on the lanes of their members, evenly spaced, with what follows from what. */
export function ChainPicture({ chain, members }: { readonly chain: Chain; readonly members: readonly number[] }) {
  const { steps, against } = chain;
  const shown = members.filter((id) => steps.some(({ member }) => member === id));
  const width = left + steps.length * stepWidth;
  const height = Math.max(1, shown.length) * laneHeight;
  const x = (at: number): number => left + (at + 0.5) * stepWidth;
  const y = (at: number): number => {
    const lane = shown.indexOf(steps[at]?.member ?? 0);
    return lane < 0 ? height / 2 : (lane + 0.5) * laneHeight;
  };
  const last = steps.length - 1;
  // The list below says all of it.
  return (
    <div class="scroll">
      <svg class="chain" viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
        {shown.map((id, lane) => (
          <g key={id} class="lane">
            <line x1={left} x2={width} y1={(lane + 0.5) * laneHeight} y2={(lane + 0.5) * laneHeight} />
            <text x={4} y={(lane + 0.5) * laneHeight + 5}>
              {id}
            </text>
          </g>
        ))}
        {steps.flatMap(({ after }, at) =>
          after.map((one) => <line key={`${one} ${at}`} class="cause" x1={x(one)} y1={y(one)} x2={x(at)} y2={y(at)} />),
        )}
        {against.map((one) => (
          <line key={one} class="against" x1={x(one)} y1={y(one)} x2={x(last)} y2={y(last)} />
        ))}
        {steps.map(({ broken, event, member }, at) => (
          <g
            key={`${event} ${member}`}
            class={`step${at === last ? " is-fall" : broken.length > 0 ? " is-broken" : ""}`}
          >
            <circle cx={x(at)} cy={y(at)} r={11} />
            <text x={x(at)} y={y(at) + 4}>
              {at + 1}
            </text>
          </g>
        ))}
      </svg>
    </div>
  );
}
