import { createHash } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { okStatus, type Method, type StreamCall, type StreamHandler } from "@quorate/grpc";
import type { Admission } from "../../auth/admission.ts";
import { credentialsOfCall } from "../../auth/credentials.ts";
import { EtcdError, refusals } from "../../errors.ts";
import { SnapshotRequestSchema, SnapshotResponseSchema } from "../../generated/etcdserverpb/rpc_pb.ts";
import { responseHeader, type ServiceParts } from "../../service-parts.ts";
import { emulatedVersion } from "../../version.ts";
import type { SnapshotFile } from "./snapshots.ts";

const path = "/etcdserverpb.Maintenance/Snapshot";
/** As etcd's. */
const blobBytes = 32 * 1024;

/** etcd's Maintenance.Snapshot: a bbolt file in pieces, and last the SHA-256 of all of it. */
export function snapshotMethod(admission: Admission): Method {
  return {
    kind: "server-stream",
    path,
    open: (call) => {
      const sending = new Sending(call);
      const handler: StreamHandler = {
        onMessage: () => {
          const request = create(SnapshotRequestSchema, {});
          const refuse = ({ code, message }: EtcdError): void => call.end({ code, message });
          admission.admit(path, credentialsOfCall(call), request, (parts) => void sending.run(parts), refuse);
        },
        onEnd: () => {},
        onDrain: () => sending.drained(),
        onCancel: () => sending.cancel(),
      };
      return handler;
    },
  };
}

class Sending {
  readonly #call: StreamCall;
  #isCancelled = false;
  #goOn: (() => void) | undefined;

  constructor(call: StreamCall) {
    this.#call = call;
  }

  drained(): void {
    const goOn = this.#goOn;
    this.#goOn = undefined;
    goOn?.();
  }

  cancel(): void {
    this.#isCancelled = true;
    this.drained();
  }

  /** Ends the call, whatever happens. */
  async run(parts: ServiceParts): Promise<void> {
    try {
      const file = await parts.snapshots.make();
      try {
        await this.#send(file, parts);
      } finally {
        await file.close();
      }
      this.#call.end(okStatus);
    } catch (error) {
      const { code, message } = error instanceof EtcdError ? error : refusals.snapshotFailed(String(error));
      this.#call.end({ code, message });
    }
  }

  async #send(file: SnapshotFile, parts: ServiceParts): Promise<void> {
    const hash = createHash("sha256");
    const { size } = file;
    for (let position = 0; position < size && !this.#isCancelled; ) {
      const blob = await file.read(position, Math.min(blobBytes, size - position));
      hash.update(blob);
      position += blob.length;
      await this.#tell(parts, blob, size - position);
    }
    if (!this.#isCancelled) await this.#tell(parts, hash.digest(), 0);
  }

  async #tell(parts: ServiceParts, blob: Uint8Array, remaining: number): Promise<void> {
    const header = responseHeader(parts, parts.store.revision);
    const fields = { header, remainingBytes: BigInt(remaining), blob, version: emulatedVersion };
    const message = toBinary(SnapshotResponseSchema, create(SnapshotResponseSchema, fields));
    if (this.#call.send(message) || this.#isCancelled) return;
    await new Promise<void>((resolve) => (this.#goOn = resolve));
  }
}
