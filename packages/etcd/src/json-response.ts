import type { JsonValue } from "@bufbuild/protobuf";
import type { HttpResponse } from "@quorate/grpc";

export function jsonResponse(status: number, value: JsonValue): HttpResponse {
  return { status, contentType: "application/json", body: JSON.stringify(value) };
}
