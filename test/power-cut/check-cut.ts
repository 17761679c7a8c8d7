import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { NodeHost } from "@quorate/host-node";
import type { Cut } from "./cut.ts";
import { placeOf } from "./cut.ts";
import type { FileSystem } from "./file-system.ts";
import type { Recording } from "./record.ts";
import { SeededRandom } from "./random.ts";
import { startRecovered, type RecoveredMember } from "./recovered-member.ts";
import { recoveryHost } from "./recovery-host.ts";
import { contradiction, type Reference } from "./reference.ts";
import { hashAt } from "./store-reads.ts";
import { writeTree } from "./stored-tree.ts";
import { choosePolicies, survivorOf, type Losses, type NameOrder, type Policies } from "./survivors.ts";
import type { MemberIdentity } from "./world-plan.ts";

/** How members came back. */
export const outcomes = [
  "recovered",
  "torn tail cut",
  "began anew",
  "refused to start",
  "quarantined",
  "broke a promise",
  "lost data",
] as const;
export type Outcome = (typeof outcomes)[number];

export interface CutReport {
  readonly cut: Cut;
  readonly place: string;
  readonly policies: Policies;
  readonly losses: Losses;
  readonly members: readonly string[];
  readonly outcome: Outcome;
  /** What must never be: empty when all is well. */
  readonly findings: readonly string[];
  readonly tookMs: number;
}

export interface CutSurroundings {
  readonly real: NodeHost;
  readonly recording: Recording;
  readonly reference: Reference;
  readonly order: NameOrder;
  /** Where directories are rebuilt. */
  readonly folder: string;
}

/** A cut whose directories were rebuilt: the rest may happen later, and beside others. */
export interface PreparedCut {
  readonly cut: Cut;
  readonly folder: string;
  readonly identities: readonly MemberIdentity[];
  readonly policies: Policies;
  readonly losses: Losses;
  readonly random: SeededRandom;
}

/**
 * Rebuilds the directories of the members that come back. Of several members a bare majority does: the others' disks are
 * gone, so that whatever was acknowledged must be found with what these hold.
 */
export function prepareCut({ recording, order, folder }: CutSurroundings, system: FileSystem, cut: Cut): PreparedCut {
  const random = new SeededRandom(cut.seed);
  const policies = choosePolicies(random, order);
  const losses: Losses = { blocks: 0, lostBlocks: 0, names: 0, lostNames: 0, otherSizes: 0 };
  const all = recording.world.members;
  const identities = [...all];
  while (identities.length > Math.floor(all.length / 2) + 1) identities.splice(random.below(identities.length), 1);
  const place = join(folder, `cut-${cut.position}-${cut.seed}`);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  for (const { name } of identities) writeTree(join(place, name), survivorOf(system, name, policies, random, losses));
  return { cut, folder: place, identities, policies, losses, random };
}

/** Starts the members from what is left and compares with what was acknowledged. The directories stay. */
export async function checkCut(surroundings: CutSurroundings, prepared: PreparedCut): Promise<CutReport> {
  const began = performance.now();
  const { recorded } = surroundings.recording;
  const { cut, policies, losses, identities } = prepared;
  const { outcome, findings } = await examine(surroundings, prepared);
  return {
    cut,
    place: placeOf(recorded, cut.position),
    policies,
    losses,
    members: identities.map(({ name }) => name),
    outcome,
    findings,
    tookMs: performance.now() - began,
  };
}

interface Judgement {
  readonly outcome: Outcome;
  readonly findings: readonly string[];
}

async function examine(surroundings: CutSurroundings, prepared: PreparedCut): Promise<Judgement> {
  const { reference } = surroundings;
  const started = await startAll(surroundings, prepared);
  if (!Array.isArray(started)) return { outcome: "refused to start", findings: [started as string] };
  const members = started as readonly RecoveredMember[];
  let revision: number;
  let hash: number;
  let outcome: Outcome;
  try {
    const quarantined = members.filter(({ replica }) => replica.status.quarantined);
    if (quarantined.length > 0) {
      const findings = quarantined.map(
        ({ name, said }) => `${name} is quarantined after a power cut: ${said.join("; ")}`,
      );
      return { outcome: "quarantined", findings };
    }
    const broken = members.flatMap((member) => reference.promises.broken(prepared.cut.position, member));
    if (broken.length > 0) return { outcome: "broke a promise", findings: broken };
    await readAll(members);
    const lost = await losses(surroundings, prepared, members);
    if (lost.length > 0) return { outcome: "lost data", findings: lost };
    ({ revision } = (members[0] as RecoveredMember).store);
    hash = await hashAt((members[0] as RecoveredMember).store, revision);
    const isTorn = members.some(({ said }) => said.some((line) => line.includes("the log's end was cut")));
    outcome = isTorn ? "torn tail cut" : revision === 1 && reference.revision > 1 ? "began anew" : "recovered";
  } catch (error) {
    return { outcome: "refused to start", findings: [`after the start: ${describe(error)}`] };
  } finally {
    await Promise.all(members.map((member) => member.close().catch(() => {})));
  }
  return { outcome, findings: await secondStart(surroundings, prepared, revision, hash) };
}

async function startAll(
  { real }: CutSurroundings,
  { identities, folder }: PreparedCut,
): Promise<readonly RecoveredMember[] | string> {
  const host = recoveryHost(real, 4);
  const results = await Promise.allSettled(
    identities.map((identity) => startRecovered(host, join(folder, identity.name), identity)),
  );
  const members = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failed = results.find((result) => result.status === "rejected");
  if (failed === undefined) return members;
  await Promise.all(members.map((member) => member.close().catch(() => {})));
  return `a member does not start after a power cut: ${describe(failed.reason)}`;
}

/** Linearizable reads: all that a majority holds is applied. */
async function readAll(members: readonly RecoveredMember[]): Promise<void> {
  for (const { replica } of members) await replica.read();
}

async function losses(
  { recording, reference }: CutSurroundings,
  { cut, random }: PreparedCut,
  members: readonly RecoveredMember[],
): Promise<readonly string[]> {
  const { acknowledgements } = reference;
  const answers = acknowledgements.before(cut.position);
  const newest = answers.reduce((highest, answer) => Math.max(highest, answer.revision), 1);
  const found: string[] = [];
  for (const { store, name } of members) {
    const { revision } = store;
    if (revision < newest) {
      found.push(`${name}: revision ${newest} was acknowledged, and the newest there is ${revision}`);
      continue;
    }
    if (revision > 1 + acknowledgements.askedBefore(cut.position)) {
      found.push(
        `${name}: revision ${revision} is there, and only ${acknowledgements.askedBefore(cut.position)} requests were asked`,
      );
    }
    // Beyond what was acknowledged a majority may go on otherwise than the recorded members did, if a leader was replaced.
    const comparable = members.length === 1 ? revision : newest;
    for (const early of acknowledgements.tooEarly(cut.position, comparable)) {
      found.push(`${name}: request ${early.id} is there at revision ${early.revision}, and was not asked yet`);
    }
    if (comparable > reference.revision) found.push(`${name}: revision ${revision} is there, and was never made`);
    else if ((await hashAt(store, comparable)) !== (await reference.hashAt(comparable))) {
      found.push(`${name}: at revision ${comparable} the state is another than that of the recorded member`);
    }
  }
  for (const answer of sample(answers, random)) {
    for (const member of members) {
      if (member.store.revision < answer.revision) continue;
      const wrong = await contradiction(member, recording.world.seed, answer);
      if (wrong !== undefined) found.push(wrong);
    }
  }
  const [first, ...others] = members as [RecoveredMember, ...RecoveredMember[]];
  for (const other of others) {
    const revision = Math.min(first.store.revision, other.store.revision);
    if ((await hashAt(first.store, revision)) !== (await hashAt(other.store, revision))) {
      found.push(`${first.name} and ${other.name} differ at revision ${revision}`);
    }
  }
  return found;
}

/** The newest answers, which are the first to be lost, and a few others. */
function sample<T>(answers: readonly T[], random: SeededRandom): readonly T[] {
  const some = answers.length === 0 ? [] : Array.from({ length: 20 }, () => random.pick(answers));
  return [...answers.slice(-20), ...some];
}

/** Whatever the first start mended, a second one must find the same state. */
async function secondStart(
  surroundings: CutSurroundings,
  prepared: PreparedCut,
  revision: number,
  hash: number,
): Promise<readonly string[]> {
  const started = await startAll(surroundings, prepared);
  if (!Array.isArray(started)) return [`at the second start: ${started as string}`];
  const members = started as readonly RecoveredMember[];
  try {
    await readAll(members);
    const { store } = members[0] as RecoveredMember;
    if (store.revision === revision && (await hashAt(store, revision)) === hash) return [];
    return [`a second start finds another state: revision ${store.revision} instead of ${revision}`];
  } catch (error) {
    return [`at the second start: ${describe(error)}`];
  } finally {
    await Promise.all(members.map((member) => member.close().catch(() => {})));
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
