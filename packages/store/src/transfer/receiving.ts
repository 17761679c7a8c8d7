import type { Callback, Done, HostError } from "@quorate/host";
import type { Engine } from "../engine.ts";
import type { EngineHome } from "../engine-home.ts";
import { prefixes, prefixSpan } from "../key-space.ts";
import type { StoreLimits } from "../limits.ts";
import { loadBlocks } from "../load-state.ts";
import type { StateRecord } from "../state-record.ts";
import { attempt, inTurn, type Pause } from "../steps.ts";
import { IncrementSink } from "./increment-sink.ts";
import type { StateSink } from "./interface.ts";
import { restOfHistory } from "./plain-sections.ts";
import { removeRecords } from "./remove-records.ts";
import { readStaging, sealStaging, stagingKey, type StagingRecord } from "./staging-record.ts";
import { encodeToken, invalidTransfer, type TransferHeader } from "./transfer-codec.ts";
import { WholeSink, type InstallStaged } from "./whole-sink.ts";

export interface ReceivingParts {
  readonly home: EngineHome;
  readonly header: TransferHeader;
  /** What the present state's last checkpoint wrote. */
  readonly present: StateRecord;
  readonly limits: StoreLimits;
  readonly pause: Pause;
  /** The staging engine holds the whole new state. It is to be closed by whoever puts it in its place. */
  readonly exchange: (staging: Engine) => InstallStaged;
  /** The staging engine holds this many items of an increment. */
  readonly apply: (staging: Engine, items: number) => InstallStaged;
  readonly ended: () => void;
}

/** A token is no longer than this, in bytes; what would need a longer one is not gone on with. */
const longestToken = 64 * 1024;

/** Opens the staging engine for a state that is coming: what lies in it is kept where the new source can go on with it. */
export function receiveState(parts: ReceivingParts, done: Callback<StateSink>): void {
  const { header, present } = parts;
  if (header.since !== undefined && header.since > present.revision) {
    const what = `it goes on after revision ${header.since}, and this state has come to ${present.revision}`;
    return done(invalidTransfer(what), undefined as never);
  }
  parts.home.openStaging((error, staging) => {
    if (error !== undefined) return done(error, undefined as never);
    const found = attempt(() => readStaging(staging));
    if (found.error !== undefined) return closeAfter(staging, found.error, done);
    const staged = found.value;
    if (staged !== undefined && canGoOn(staged, parts)) return goOn(parts, staging, staged, done);
    staging.close((error) => {
      if (error !== undefined) return done(error, undefined as never);
      beginAnew(parts, done);
    });
  });
}

/** Whether a source can go on with what lies there already. */
function canGoOn(staged: StagingRecord, { header, present }: ReceivingParts): boolean {
  const { held, since } = staged;
  const { record } = header;
  if (staged.lineage !== header.lineage) return false;
  if (held === undefined || held.touched > record.revision || held.through < record.journalFloor) return false;
  if (encodeToken(held).length > longestToken) return false;
  if (header.since === undefined) return since === undefined;
  return since !== undefined && since <= present.revision && held.through >= header.since;
}

function beginAnew(parts: ReceivingParts, done: Callback<StateSink>): void {
  const { home, header } = parts;
  home.discardStaging((error) => {
    if (error !== undefined) return done(error, undefined as never);
    home.openStaging((error, staging) => {
      if (error !== undefined) return done(error, undefined as never);
      if (header.since === undefined) return done(undefined, wholeSink(parts, staging, undefined, []));
      done(undefined, incrementSink(parts, staging, emptyIncrement(header.lineage, header.since)));
    });
  });
}

function emptyIncrement(lineage: number, since: number): StagingRecord {
  return { lineage, since, held: undefined, items: 0, historyBytes: 0, journalBytes: 0 };
}

/** Removes what was not complete, and what is sent again in any case. */
function goOn(parts: ReceivingParts, staging: Engine, staged: StagingRecord, done: Callback<StateSink>): void {
  if (parts.header.since !== undefined) return done(undefined, incrementSink(parts, staging, staged));
  const spans = [restOfHistory(staged.held?.keys), prefixSpan(prefixes.journal)];
  const historyBytes = staged.historyBytes - staged.journalBytes;
  const going = { ...staged, historyBytes, journalBytes: 0 };
  const steps: readonly ((next: Done) => void)[] = [
    (next) => staging.write([{ key: stagingKey, value: sealStaging(going) }], next),
    ...spans.map(
      (span) =>
        (next: Done): void =>
          removeRecords(staging, span, next),
    ),
  ];
  inTurn(
    steps.length,
    (index, next) => (steps[index] as (next: Done) => void)(next),
    (error) => {
      if (error !== undefined) return closeAfter(staging, error, done);
      loadBlocks(staging, parts.pause, (error, blocks) => {
        if (error !== undefined) return closeAfter(staging, error, done);
        done(undefined, wholeSink(parts, staging, going, blocks));
      });
    },
  );
}

type Blocks = ConstructorParameters<typeof WholeSink>[2];

function wholeSink(
  parts: ReceivingParts,
  staging: Engine,
  staged: StagingRecord | undefined,
  blocks: Blocks,
): StateSink {
  return new WholeSink(sinkParts(parts, staging), staged, blocks, parts.exchange(staging));
}

function incrementSink(parts: ReceivingParts, staging: Engine, staged: StagingRecord): StateSink {
  return new IncrementSink(sinkParts(parts, staging), staged, (items) => parts.apply(staging, items));
}

function sinkParts(parts: ReceivingParts, staging: Engine): ConstructorParameters<typeof WholeSink>[0] {
  const { home, header, limits, pause } = parts;
  const ended = (keep: boolean, done: Done): void => {
    staging.close((error) => {
      parts.ended();
      if (error !== undefined || keep) return done(error);
      home.discardStaging(done);
    });
  };
  return { staging, header, limits, pause, ended };
}

function closeAfter(staging: Engine, error: HostError, done: Callback<StateSink>): void {
  staging.close(() => done(error, undefined as never));
}
