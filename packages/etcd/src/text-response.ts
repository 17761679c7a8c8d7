import type { HttpResponse } from "@quorate/grpc";

export function textResponse(status: number, body: string): HttpResponse {
  return { status, contentType: "text/plain; charset=utf-8", body };
}

export const methodNotAllowed: HttpResponse = {
  ...textResponse(405, "Method Not Allowed\n"),
  headers: { allow: "GET" },
};
