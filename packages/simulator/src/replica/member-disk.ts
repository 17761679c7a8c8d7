import type { MemberId } from "@quorate/raft";
import { decodeKnownStarts, knownStartsFile } from "@quorate/replica";
import { damageFiles } from "../disk-damage.ts";
import type { DiskDamage } from "../disk-damage.ts";
import type { Drive } from "../drive.ts";
import type { FileTree } from "../file-tree.ts";
import { StoredFile } from "../stored-file.ts";
import type { StatesBesideDisks } from "./replicated.ts";

/** What is done to the disk of a member behind its back, while its process is down. */
export class MemberDisk {
  readonly #member: MemberId;
  readonly #drive: Drive;
  readonly #directory: string;
  readonly #beside: StatesBesideDisks | undefined;
  /** Somebody took the state away or damaged it, until a start finds one again that reaches to where the log begins. */
  isStateLost = false;
  /** Something of the state may be other than it was written, and nobody has come by it yet. */
  isStateDamaged = false;
  #copy: { readonly tree: FileTree; readonly incarnation: number } | undefined;

  constructor(member: MemberId, drive: Drive, directory: string, beside: StatesBesideDisks | undefined) {
    this.#member = member;
    this.#beside = beside;
    this.#drive = drive;
    this.#directory = directory;
    this.#makeDirectory();
  }

  /** Returns what is damaged now, for people; undefined for nothing. */
  damage(damage: DiskDamage): string | undefined {
    if (damage.part !== "state" || this.#beside === undefined) {
      if (damage.part === "state") this.isStateLost = true;
      return damageFiles(this.#drive.tree, this.#directory, damage);
    }
    const done = this.#beside.damage(this.#member, damage);
    if (done !== undefined) this.isStateLost = this.isStateDamaged = true;
    return done;
  }

  /** The disk, or one directory on it, comes back empty. */
  wipe(what: "everything" | "log" | "state"): void {
    const { tree } = this.#drive;
    if (what !== "log") {
      this.isStateLost = true;
      this.isStateDamaged = false;
      this.#beside?.wipe(this.#member);
    }
    tree.wipe(what === "everything" ? this.#directory : `${this.#directory}/${what}`);
    if (what === "everything") this.#makeDirectory();
  }

  /** Keeps a copy, of a time when this was the newest start on the disk. */
  copy(incarnation: number): void {
    this.#copy = { tree: this.#drive.tree.durableCopy(), incarnation };
    this.#beside?.copy(this.#member);
  }

  /** The newest start on the copy; undefined where there is none. */
  get copiedIncarnation(): number | undefined {
    return this.#copy?.incarnation;
  }

  /** The copy takes the place of the disk. */
  restore(): void {
    if (this.#copy === undefined) return;
    this.#drive.tree.becomes(this.#copy.tree);
    this.#beside?.restore(this.#member);
    this.#copy = undefined;
  }

  /** The newest start of a peer that is durably known here; 0 for none. */
  knownStart(peer: MemberId): number {
    const directory = this.#drive.tree.directory(this.#directory);
    const file = directory.durable.get(knownStartsFile);
    if (!(file instanceof StoredFile)) return 0;
    return decodeKnownStarts(file.read(0, file.size))?.get(peer) ?? 0;
  }

  #makeDirectory(): void {
    this.#drive.tree.makeDirectory(this.#directory);
    this.#drive.tree.syncDirectory("/");
  }
}
