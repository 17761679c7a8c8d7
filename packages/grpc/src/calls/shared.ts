import type { Logger } from "@quorate/host";
import type { CallCounts } from "../call-counts.ts";
import type { HttpHandler, HttpStreamRoutes } from "../http-handler.ts";
import type { ServerLimits } from "../limits.ts";
import type { RefusalLog } from "../port/refusal-log.ts";
import type { CallTracer } from "../service.ts";
import type { MethodTable } from "./method-table.ts";

/** What all connections of a server have in common. */
export interface Shared {
  readonly methods: MethodTable;
  readonly http: HttpHandler;
  readonly httpStreams: HttpStreamRoutes;
  readonly limits: ServerLimits;
  readonly logger: Logger;
  readonly refusals: RefusalLog;
  readonly counts: CallCounts;
  readonly tracer: CallTracer | undefined;
  /** Bytes of request messages that are not whole yet, or wait for their handler. */
  partialRequestBytes: number;
  /** Bytes of responses that are not on their way yet. */
  unsentBytes: number;
}

export function logFailure({ logger }: Shared, path: string, error: unknown): void {
  logger.error("a handler failed", {
    path,
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
}
