import type { MemberId } from "@quorate/raft";
import {
  encodeCommand,
  permissionKinds,
  type CommandResult,
  type KeyValueStore,
  type PlainCommand,
  type StoreCommand,
} from "@quorate/store";
import type { RandomStream } from "../random-streams.ts";
import { MemberRequests } from "../replica/member-requests.ts";
import { asOperated } from "../replica/operated-target.ts";
import type { ReplicaCluster } from "../replica/replica-cluster.ts";
import type { SwarmOptions } from "../swarm.ts";
import type { MachineCall, RequestTarget } from "../workload.ts";

/** What one client asks for, on whose behalf. Plain data. */
export interface PermissionOperation {
  readonly kind: (typeof kinds)[number];
  /** "" for nobody in particular. */
  readonly caller: string;
  readonly user: string;
  readonly role: string;
  /** Of letters: "a" is 0. */
  readonly key: number;
  readonly amount: number;
  /** Unique in a run. */
  readonly number: number;
}

const kinds = [
  ...(["put", "put", "put", "put", "put", "put", "put", "put"] as const),
  ...(["user-add", "user-add", "user-delete", "user-change-password", "user-grant-role", "user-grant-role"] as const),
  ...(["user-grant-role", "user-revoke-role", "role-add", "role-add", "role-delete"] as const),
  ...(["role-grant-permission", "role-grant-permission", "role-grant-permission", "role-revoke-permission"] as const),
  ...(["auth-enable", "auth-enable", "auth-disable"] as const),
] as const;
const userNames = ["root", "root", "ann", "bob", "eve"];
const roleNames = ["root", "as", "bs", "cs"];
const letters = 4;

export function drawPermissionOperation(random: RandomStream, _process: number, number: number): PermissionOperation {
  const kind = random.pick(kinds);
  // Mostly who can do it, so that much comes about.
  const caller =
    kind === "put" ? random.pick([...userNames, ""]) : random.pick(["root", "root", "root", "root", "ann", ""]);
  return {
    kind,
    caller,
    user: random.pick(userNames),
    role: random.pick(roleNames),
    key: random.integer(0, letters - 1),
    amount: random.integer(0, 2),
    number,
  };
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const letter = (at: number): string => String.fromCharCode(0x61 + at);

/** Clients that put keys and change users and roles through all members, each on behalf of somebody as the member that is asked knows it. */
export class PermissionClients {
  readonly target: RequestTarget;
  readonly #cluster: ReplicaCluster<KeyValueStore, CommandResult>;
  readonly #requests: MemberRequests<KeyValueStore, CommandResult>;

  constructor(cluster: ReplicaCluster<KeyValueStore, CommandResult>, swarm: SwarmOptions) {
    this.#cluster = cluster;
    this.#requests = new MemberRequests(cluster, swarm.timing.electionTimeoutMs);
    this.target = asOperated(this.#requests, this);
  }

  perform(id: MemberId, { operation }: MachineCall): void {
    const asked = operation as PermissionOperation;
    this.#propose(id, `${asked.kind} ${asked.number}`, asked.caller, commandOf(asked));
  }

  submit(id: MemberId, first: number, sizes: readonly number[]): void {
    for (const at of sizes.keys()) this.#propose(id, `probe ${first + at}`, "root", putOf("a", `p${first + at}`));
  }

  /** @throws SafetyViolation */
  checkAtTheEnd(): void {
    this.#requests.expectAnswers();
  }

  /** As a member's services do it: nobody is named while the member knows of no auth. */
  #propose(id: MemberId, what: string, user: string, command: PlainCommand): void {
    this.#requests.request(id, what, (replica, answered) => {
      const auth = this.#cluster.member(id).state?.auth;
      const isNamed = auth !== undefined && auth.isEnabled && user !== "";
      const held: StoreCommand = isNamed
        ? { type: "by-user", caller: { user, authRevision: auth.revision }, command }
        : command;
      replica.propose(encodeCommand(held), () => answered());
    });
  }
}

function commandOf({ kind, user, role, key, amount, number }: PermissionOperation): PlainCommand {
  const end = amount === 0 ? undefined : bytesOf(letter(key + amount));
  const range = { key: bytesOf(letter(key)), end };
  switch (kind) {
    case "put":
      return putOf(letter(key), String(number));
    case "user-add":
      return { type: kind, name: user, passwordHash: `hash ${number}`, hasNoPassword: false };
    case "user-change-password":
      return { type: kind, name: user, passwordHash: `hash ${number}` };
    case "user-delete":
      return { type: kind, name: user };
    case "user-grant-role":
    case "user-revoke-role":
      return { type: kind, name: user, role: user === "root" ? "root" : role };
    case "role-add":
    case "role-delete":
      return { type: kind, name: role };
    case "role-grant-permission":
      return { type: kind, name: role, permission: { kind: permissionKinds[number % 3] ?? "read", range } };
    case "role-revoke-permission":
      return { type: kind, name: role, range };
    case "auth-enable":
      return { type: kind, tokenSecret: bytesOf(`secret ${number}`) };
    case "auth-disable":
      return { type: kind };
  }
}

function putOf(key: string, value: string): PlainCommand {
  const options = { lease: 0n, previous: false, ignoreValue: false, ignoreLease: false };
  return { type: "put", key: bytesOf(key), value: bytesOf(value), ...options };
}
