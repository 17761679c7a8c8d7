import type { Logger } from "@quorate/host";
import type { HttpHandler } from "../http-handler.ts";
import type { ServerLimits } from "../limits.ts";
import type { MethodTable } from "../method-table.ts";
import type { CallObserver } from "../service.ts";
import type { RefusalLog } from "./refusal-log.ts";

/** What all connections of a server have in common. */
export interface Shared {
  readonly methods: MethodTable;
  readonly http: HttpHandler;
  readonly limits: ServerLimits;
  readonly logger: Logger;
  readonly refusals: RefusalLog;
  readonly observer: CallObserver;
  /** Bytes of request messages that are not whole yet. */
  partialRequestBytes: number;
}

/** One HTTP/2 connection. */
export interface Connection {
  readonly shared: Shared;
  readonly remote: string;
  /** Bytes of responses that are not on their way yet. */
  unsentBytes: number;
}
