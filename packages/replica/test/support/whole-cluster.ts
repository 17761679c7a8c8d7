import assert from "node:assert/strict";
import type { Host, Logger } from "@quorate/host";
import type { Configuration, MemberId } from "@quorate/raft";
import {
  Drive,
  healthyDrive,
  idealClock,
  NetworkConditions,
  simulatedHost,
  SimulatedInternet,
  SimulatedNetwork,
  World,
  type Scope,
} from "@quorate/simulator";
import type { ReplicaStartError } from "../../src/errors.ts";
import type { Replica } from "../../src/interface.ts";
import { memoryMachine } from "../../src/memory-machine.ts";
import type { MembershipOperation } from "../../src/membership/membership-operation.ts";
import { openReplica } from "../../src/open-replica.ts";
import type { ReplicaOptions } from "../../src/options.ts";

export interface WholeMember {
  readonly replica: Replica<string>;
  readonly scope: Scope;
  readonly lines: string[];
  /** The state: every command that was applied, in order. */
  readonly commands: () => readonly string[];
  fatal: Error | undefined;
}

/** Whole members in one world of virtual time: production logs and state files on simulated disks that outlive a crash. */
export class WholeCluster {
  readonly world: World;
  readonly conditions: NetworkConditions;
  readonly members = new Map<MemberId, WholeMember>();
  readonly drives = new Map<MemberId, Drive>();
  readonly startErrors: ReplicaStartError[] = [];
  /** Those that were started and did not crash since. */
  readonly #alive = new Set<MemberId>();
  readonly #network: SimulatedNetwork;
  readonly #internet: SimulatedInternet;
  readonly #options: Partial<ReplicaOptions<string>>;
  readonly first: Configuration;

  constructor(size: number, seed = 1, options: Partial<ReplicaOptions<string>> = {}) {
    this.world = new World(seed);
    this.conditions = new NetworkConditions(this.world.streams);
    this.#network = new SimulatedNetwork(this.world, this.conditions);
    this.#internet = new SimulatedInternet(this.world, this.conditions);
    this.#options = options;
    const ids = Array.from({ length: size }, (_, at) => at + 1);
    this.first = {
      voters: ids,
      outgoing: [],
      learners: [],
      promotable: [],
      removed: [],
      members: ids.map(addressOf),
      timing: { electionTimeoutMs: 1000, clockDriftPpm: 10_000 },
    };
    for (const id of ids) this.start(id);
    this.until(() => this.members.size === size);
  }

  /** Starts a member on its disk; of a running cluster's new one, `joining` is the cluster's present configuration. */
  start(id: MemberId, joining?: Configuration): void {
    const { world } = this;
    this.#alive.add(id);
    const isNew = !this.drives.has(id);
    const drive = this.drives.get(id) ?? new Drive(world.streams.stream(`drive ${id}`), healthyDrive);
    this.drives.set(id, drive);
    const scope = world.scope(`m${id}.${world.nowMs}`);
    const parts = { member: id, scope, clock: idealClock, drive, internet: this.#internet };
    const host = simulatedHost(world, parts);
    const open = (): void => this.#open(id, host, scope, joining);
    if (!isNew) return open();
    host.disk.makeDirectory(`/m${id}`, () => host.disk.syncDirectory("/", open));
  }

  #open(id: MemberId, host: Host, scope: Scope, joining: Configuration | undefined): void {
    let value: string[] = [];
    const state = {
      apply: (command: Uint8Array): string => {
        value.push(String.fromCharCode(...command));
        return `${value.at(-1)}#${value.length}`;
      },
      snapshot: (): Uint8Array => Uint8Array.from(value.join(), (character) => character.charCodeAt(0)),
      restore: (snapshot: Uint8Array): void => {
        const text = Array.from(snapshot, (code) => String.fromCharCode(code)).join("");
        value = text === "" ? [] : text.split(",");
      },
    };
    const lines: string[] = [];
    memoryMachine(state, { disk: host.disk, directory: `/m${id}/state` }, (error, stateMachine) => {
      assert.equal(error, undefined);
      openReplica<string>(
        {
          host,
          directory: `/m${id}`,
          clusterId: 5,
          memberId: id,
          initialConfiguration: joining ?? this.first,
          isJoining: joining !== undefined,
          stateMachine,
          network: ({ memberId, incarnation, events }, joined) => {
            host.timers.endOfTurn(() => joined(undefined, this.#network.join(memberId, incarnation, scope, events)));
          },
          logger: recordingLogger(lines),
          ...this.#options,
        },
        (openError, replica) => {
          if (openError !== undefined) return this.startErrors.push(openError);
          const member: WholeMember = { replica, scope, lines, commands: () => value, fatal: undefined };
          replica.onFatal((fatal) => {
            member.fatal = fatal;
          });
          return this.members.set(id, member);
        },
      );
    });
  }

  /** The power goes: what was not synced is lost. */
  crash(id: MemberId): void {
    this.world.end(this.member(id).scope);
    this.#network.leave(id);
    this.#alive.delete(id);
    this.members.delete(id);
    this.drives.get(id)?.cutPower();
  }

  /** Somebody deleted the state's file. */
  removeState(id: MemberId): void {
    const drive = this.drives.get(id) as Drive;
    drive.tree.remove(`/m${id}/state/state`);
    drive.tree.syncDirectory(`/m${id}/state`);
  }

  member(id: MemberId): WholeMember {
    const member = this.members.get(id);
    if (member === undefined) throw new Error(`member ${id} does not run`);
    return member;
  }

  get leaderId(): MemberId | undefined {
    const leaders = [...this.members].filter(([, { replica }]) => replica.status.role === "leader");
    return leaders.sort(([, a], [, b]) => b.replica.status.term - a.replica.status.term)[0]?.[0];
  }

  elect(): MemberId {
    this.until(() => {
      const leader = this.leaderId;
      return leader !== undefined && this.member(leader).replica.status.appliedIndex > 1;
    });
    return this.leaderId as MemberId;
  }

  /** Writes so many commands of about `bytes` and waits for them. */
  write(count: number, bytes = 100, by = this.elect()): void {
    let open = 0;
    for (let at = 0; at < count; at++) {
      open++;
      const text = `${this.world.nowMs.toFixed(0)}-${at}-`.padEnd(bytes, "x");
      this.member(by).replica.propose(
        Uint8Array.from(text, (character) => character.charCodeAt(0)),
        () => open--,
      );
      if (at % 50 === 49) this.until(() => open === 0);
    }
    this.until(() => open === 0);
  }

  change(id: MemberId, operation: MembershipOperation): Configuration {
    const told: { error: Error | undefined; configuration?: Configuration }[] = [];
    this.member(id).replica.administer(operation, (error, configuration) => told.push({ error, configuration }));
    this.until(() => told.length > 0);
    assert.equal(told[0]?.error, undefined);
    return told[0]?.configuration as Configuration;
  }

  /** Until all that run have applied the same. */
  settle(limitMs = 60_000): void {
    this.until(() => {
      const leader = this.leaderId;
      if (leader === undefined || this.members.size < this.#alive.size) return false;
      const { lastIndex } = this.member(leader).replica.status;
      return [...this.members.values()].every(({ replica }) => replica.status.appliedIndex === lastIndex);
    }, limitMs);
    const [first, ...others] = [...this.members.values()].map(({ commands }) => commands().join());
    for (const other of others) assert.equal(other, first, "all members hold the same state");
  }

  until(done: () => boolean, limitMs = 30_000): void {
    assert.ok(this.world.runUntil(done, limitMs), `not within ${limitMs} ms of virtual time`);
  }
}

export function addressOf(id: MemberId) {
  return { id, name: `m${id}`, peerUrls: [`http://10.0.0.${id}:2380`] };
}

function recordingLogger(lines: string[]): Logger {
  const log = (message: string): void => {
    lines.push(message);
  };
  return { debug: log, info: log, warn: log, error: log };
}
