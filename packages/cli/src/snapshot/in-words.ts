import { EtcdServerError } from "@quorate/etcd";
import { HostError } from "@quorate/host";
import { FailureError } from "../errors.ts";

/** What went wrong with files or a backup, as something to read; anything else stays what it is. */
export function inWords(error: unknown, what: string): unknown {
  const isForPeople = error instanceof EtcdServerError || error instanceof HostError;
  const isFiles = error instanceof Error && "code" in error && typeof error.code === "string";
  if (!isForPeople && !isFiles) return error;
  return new FailureError(`${what}: ${(error as Error).message}.`, { cause: error });
}
