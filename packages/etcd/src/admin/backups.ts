import { create } from "@bufbuild/protobuf";
import { grpcCodes } from "@quorate/grpc";
import type { HostError } from "@quorate/host";
import type { LogIndex } from "@quorate/raft";
import { BackupWriter } from "@quorate/store";
import { EtcdError, refusals } from "../errors.ts";
import {
  ReadBackupResponseSchema,
  type ReadBackupRequest,
  type ReadBackupResponse,
} from "../generated/quorate/v1/admin_pb.ts";
import { replicaRefusal } from "../replica-errors.ts";
import type { Respond, ServiceParts } from "../service-parts.ts";

type Parts = Pick<ServiceParts, "replica" | "store">;

interface Session {
  readonly writer: BackupWriter;
  readonly idle: NodeJS.Timeout;
  isReading: boolean;
}

/** Each holds a view of the engine open, which keeps what is overwritten meanwhile on the disk. */
const maxSessions = 4;
const idleMs = 30_000;
/** Until a checkpoint covers all that was committed when the backup was begun, and between two looks, in ms. */
const checkpointMs = 60_000;
const lookMs = 20;

/** Admin.ReadBackup: see `Backups`. */
export function readBackup(parts: ServiceParts, { id }: ReadBackupRequest, respond: Respond<ReadBackupResponse>): void {
  if (id === 0n) parts.backups.begin(respond);
  else parts.backups.next(Number(id), respond);
}

/** Backups that clients are reading: a view of the state each, piece by piece, given up when nobody asks any more. */
export class Backups {
  readonly #parts: Parts;
  readonly #sessions = new Map<number, Session>();
  #lastId = 0;
  #beginning = 0;
  #isClosed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The state as of a checkpoint that covers everything committed by now. Gives the first piece. */
  begin(respond: Respond<ReadBackupResponse>): void {
    if (this.#isClosed) throw refusals.stopped();
    if (this.#sessions.size + this.#beginning >= maxSessions) throw refusals.tooManyRequests();
    this.#beginning++;
    const fail = (error: EtcdError): void => {
      this.#beginning--;
      respond(error, undefined);
    };
    const { replica, store } = this.#parts;
    replica.readBarrier((error, index) => {
      if (error !== undefined) return fail(replicaRefusal(error));
      this.#whenCovered(index, Date.now() + checkpointMs, (isCovered) => {
        if (!isCovered) return fail(refusals.timeout());
        store.openSource(undefined, (error, source) => {
          if (error !== undefined) return fail(failureOf(error));
          this.#beginning--;
          const id = ++this.#lastId;
          const label = Buffer.from(JSON.stringify(this.#label()));
          const idle = setTimeout(() => this.#end(id), idleMs);
          idle.unref();
          this.#sessions.set(id, { writer: new BackupWriter(source, label), idle, isReading: false });
          if (this.#isClosed) this.#end(id);
          this.next(id, respond);
        });
      });
    });
  }

  next(id: number, respond: Respond<ReadBackupResponse>): void {
    const session = this.#sessions.get(id);
    if (session === undefined || session.isReading) {
      const why = session === undefined ? "is over, or was never begun" : "is being read by another call";
      return respond(
        new EtcdError(grpcCodes.failedPrecondition, `quorate: the backup ${id} ${why}: begin anew`),
        undefined,
      );
    }
    session.isReading = true;
    session.idle.refresh();
    session.writer.next((error, data) => {
      session.isReading = false;
      if (error !== undefined || data === undefined) this.#end(id);
      if (error !== undefined) return respond(failureOf(error), undefined);
      const isLast = data === undefined;
      respond(undefined, create(ReadBackupResponseSchema, { id: BigInt(id), isLast, ...(isLast ? {} : { data }) }));
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const id of this.#sessions.keys()) this.#end(id);
  }

  #end(id: number): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    clearTimeout(session.idle);
    session.writer.close();
  }

  /** Asks for a checkpoint until one goes as far as `index`. */
  #whenCovered(index: LogIndex, deadline: number, done: (isCovered: boolean) => void): void {
    const { replica, store } = this.#parts;
    if (store.checkpointed.index >= index) return done(true);
    if (this.#isClosed || Date.now() > deadline) return done(false);
    replica.requestCheckpoint();
    setTimeout(() => this.#whenCovered(index, deadline, done), lookMs).unref();
  }

  /** What the file says of where it comes from, for people. */
  #label(): object {
    const { clusterId, memberId } = this.#parts.replica.status;
    return { clusterId: clusterId.toString(16), memberId: memberId.toString(16), madeAt: new Date().toISOString() };
  }
}

function failureOf(error: HostError): EtcdError {
  return error.code === "corrupt"
    ? refusals.corrupt()
    : new EtcdError(grpcCodes.unavailable, `quorate: ${error.message}`);
}
