import { join } from "node:path";
import type { NodeHost } from "@quorate/host-node";
import { Acknowledgements, type Answer } from "./acknowledgements.ts";
import { FileSystem } from "./file-system.ts";
import type { Recorded } from "./operations.ts";
import { Promises } from "./promises.ts";
import type { Recording } from "./record.ts";
import { startRecovered, type RecoveredMember } from "./recovered-member.ts";
import { recoveryHost } from "./recovery-host.ts";
import { requestOf } from "./requests.ts";
import { hashAt, valueAt } from "./store-reads.ts";
import { writeTree } from "./stored-tree.ts";
import { visible } from "./survivors.ts";

/** What the recorded members held in the end, without any power cut: every prefix of it can be compared with. */
export class Reference {
  readonly acknowledgements: Acknowledgements;
  readonly promises: Promises;
  readonly #members: readonly RecoveredMember[];
  readonly #hashes = new Map<number, Promise<number>>();

  private constructor(recorded: Recorded, members: readonly RecoveredMember[]) {
    this.acknowledgements = new Acknowledgements(recorded);
    this.promises = new Promises(recorded);
    this.#members = members;
  }

  static async open(real: NodeHost, folder: string, { recorded, world }: Recording): Promise<Reference> {
    const system = new FileSystem(recorded);
    for (const moment of recorded.moments) system.pass(moment);
    writeTree(folder, visible(system.root));
    const host = recoveryHost(real, 4);
    const members = await Promise.all(
      world.members.map((identity) => startRecovered(host, join(folder, identity.name), identity)),
    );
    await Promise.all(members.map(({ replica }) => replica.read()));
    return new Reference(recorded, members);
  }

  get #store() {
    return (this.#members[0] as RecoveredMember).store;
  }

  get revision(): number {
    return this.#store.revision;
  }

  hashAt(revision: number): Promise<number> {
    const known = this.#hashes.get(revision) ?? hashAt(this.#store, revision);
    this.#hashes.set(revision, known);
    return known;
  }

  /** What the clients were told must be true of the end, or nothing can be compared with it. */
  async check(seed: number): Promise<readonly string[]> {
    const wrong: string[] = [];
    for (const answer of this.acknowledgements.all) {
      const found = await contradiction(this.#members[0] as RecoveredMember, seed, answer);
      if (found !== undefined) wrong.push(found);
    }
    return wrong;
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.close()));
  }
}

/** Whether a member holds what a client was told that it holds: undefined, or what is wrong. */
export async function contradiction(
  { store, name }: RecoveredMember,
  seed: number,
  { id, revision }: Answer,
): Promise<string | undefined> {
  const request = requestOf(seed, id);
  const found = await valueAt(store, request.key, revision);
  if (request.kind === "delete") {
    return found === undefined
      ? undefined
      : `${name}: request ${id} deleted ${request.key} at ${revision}, and it is there`;
  }
  if (found === undefined) return `${name}: request ${id} put ${request.key} at ${revision}, and it is not there`;
  if (found.modRevision !== revision) {
    return `${name}: request ${id} put ${request.key} at ${revision}, and its revision is ${found.modRevision}`;
  }
  if (Buffer.from(found.value).toString("utf8") === request.value) return undefined;
  return `${name}: request ${id} put ${request.key} at ${revision}, and its value is another`;
}
