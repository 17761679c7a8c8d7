import type { Call, Respond } from "@quorate/grpc";
import type { ServiceParts } from "../service-parts.ts";
import type { Admission } from "./admission.ts";
import { credentialsOfCall } from "./credentials.ts";

/** Runs a unary call's handler with the parts that are its caller's, or answers why it may not be run. */
export function withParts(
  admission: Admission,
  call: Call,
  respond: Respond,
  handle: (parts: ServiceParts) => void,
): void {
  const credentials = credentialsOfCall(call);
  const parts = admission.admitted(call.path, credentials, undefined);
  if (parts !== undefined) return handle(parts);
  admission.admit(call.path, credentials, undefined, handle, respond);
}
