import { useState } from "preact/hooks";
import type { Chain } from "../causes/chain.ts";
import { eventAt, type Tape, type TapePacket } from "../world/tape.ts";
import { lastSentBy, longestMicros } from "./in-flight.ts";
import type { Selection } from "./inspector.tsx";
import { Arrow, kindOf, KindsLegend } from "./message-kinds.tsx";
import type { Player } from "./player.ts";
import { timeText } from "./words.ts";

const width = 1000;
const laneHeight = 34;
const mostPackets = 600;
/** The span that is shown is that of an election timeout, over so much. */
const zooms = [1, 4, 16, 64, 256] as const;

/** Lanes of members over time, messages as arrows from cause to effect, around the moment that is shown. */
export function SpaceTime({ player, selection }: { readonly player: Player; readonly selection: Selection }) {
  const { tape } = player;
  const now = player.now.value;
  const [zoom, setZoom] = useState<number>(1);
  const widestMicros = Math.max(40_000, player.electionTimeoutMs * 1000);
  const windowMicros = widestMicros / zoom;
  const from = Math.max(0, now - windowMicros * 0.7);
  const until = from + windowMicros;
  const x = (micros: number): number => ((micros - from) / windowMicros) * width;
  const y = (member: number): number => (tape.members.indexOf(member) + 0.7) * laneHeight;
  const packets = packetsBetween(tape, from, until);
  const first = eventAt(tape, from - 1) + 1;
  const notable = tape.events
    .slice(first, eventAt(tape, until) + 1)
    .map((event, at) => ({ event, place: first + at }))
    .filter(({ event }) => event.isNotable);
  const height = (tape.members.length + 0.6) * laneHeight;
  return (
    <div class="panel" role="group" aria-label="Space and time">
      <h2>Space and time</h2>
      <label class="span">
        Shows{" "}
        <select value={zoom} onChange={({ currentTarget }) => setZoom(Number(currentTarget.value))}>
          {zooms.map((one) => (
            <option key={one} value={one}>
              {spanText(widestMicros / one)}
            </option>
          ))}
        </select>
      </label>
      <div class="scroll" tabIndex={0} role="group" aria-label="Messages over time">
        <svg
          class={`space-time${selection.chain.value === undefined ? "" : " has-chain"}`}
          viewBox={`0 0 ${width} ${height}`}
          role="img"
          aria-label={`From ${timeText(from)} on`}
        >
          {tape.members.map((id) => (
            <g key={id} class="lane">
              <line x1={0} x2={width} y1={y(id)} y2={y(id)} />
              <text x={4} y={y(id) - 5}>
                {id}
              </text>
            </g>
          ))}
          {packets.map(({ packet, place }) => {
            const { arrivesAt } = packet;
            const end = arrivesAt ?? packet.sentAt + windowMicros / 60;
            const share = arrivesAt === undefined ? 0.4 : 1;
            const [x1, y1] = [x(packet.sentAt), y(packet.from)];
            return (
              <g
                key={place}
                class={`arrow of-${packet.type}${arrivesAt === undefined ? " is-lost" : ""}${
                  packet.sentAt > now ? " is-future" : ""
                }`}
                onClick={() => selection.ofPacket(place)}
              >
                <Arrow
                  kind={kindOf(packet)}
                  isLost={arrivesAt === undefined}
                  from={[x1, y1]}
                  to={[x(end), y1 + (y(packet.to) - y1) * share]}
                />
                <title>{packet.text}</title>
              </g>
            );
          })}
          {notable.map(({ event, place }) => (
            <circle
              key={place}
              class="notable"
              cx={x(event.at)}
              cy={event.member > 0 ? y(event.member) : height - 6}
              r={5}
              onClick={() => selection.ofEvent(place)}
            >
              <title>{event.notes.join("; ")}</title>
            </circle>
          ))}
          {selection.chain.value !== undefined && (
            <ChainInTime chain={selection.chain.value} tape={tape} x={x} y={y} ground={height - 6} />
          )}
          <line class="now" x1={x(now)} x2={x(now)} y1={0} y2={height} />
        </svg>
      </div>
      <KindsLegend />
    </div>
  );
}

function spanText(micros: number): string {
  return micros >= 1_000_000 ? `${micros / 1_000_000} s` : `${Number((micros / 1000).toPrecision(3))} ms`;
}

interface ChainInTimeProps {
  readonly chain: Chain;
  readonly tape: Tape;
  readonly x: (micros: number) => number;
  readonly y: (member: number) => number;
  /** Where nobody's events are. */
  readonly ground: number;
}

/** What led to something that fell, over everything else: each step with its number, and what it follows from. */
function ChainInTime({ chain, tape, x, y, ground }: ChainInTimeProps) {
  const places = chain.steps.map(({ event, member }) => ({
    x: x(tape.events[event]?.at ?? 0),
    y: member > 0 ? y(member) : ground,
  }));
  const line = (one: number, other: number, kind: string) => {
    const [from, to] = [places[one], places[other]];
    return <line key={`${one} ${other}`} class={kind} x1={from?.x} y1={from?.y} x2={to?.x} y2={to?.y} />;
  };
  const last = chain.steps.length - 1;
  return (
    <g class="chain">
      {chain.steps.flatMap(({ after }, at) => after.map((one) => line(one, at, "cause")))}
      {chain.against.map((one) => line(one, last, "against"))}
      {chain.steps.map(({ broken, event, member, text }, at) => (
        <g key={`${event} ${member}`} class={`step${at === last ? " is-fall" : broken.length > 0 ? " is-broken" : ""}`}>
          <circle cx={places[at]?.x} cy={places[at]?.y} r={9} />
          <text x={places[at]?.x} y={(places[at]?.y ?? 0) + 4}>
            {at + 1}
          </text>
          <title>{text}</title>
        </g>
      ))}
    </g>
  );
}

/** What was under way at some moment between these two, the newest where there is too much of it; looks at no other part of the tape. */
function packetsBetween({ packets }: Tape, from: number, until: number) {
  const found: { readonly packet: TapePacket; readonly place: number }[] = [];
  for (let place = lastSentBy(packets, until); place >= 0 && found.length < mostPackets; place--) {
    const packet = packets[place] as TapePacket;
    if (packet.sentAt < from - longestMicros) break;
    if ((packet.arrivesAt ?? packet.sentAt) >= from) found.push({ packet, place });
  }
  return found.reverse();
}
