import type { Call, HttpRequest } from "@quorate/grpc";

/** What a call says of who makes it. Nothing of it is checked yet, but for the certificate's signature. */
export interface Credentials {
  readonly token: string | undefined;
  /** The common name in the client's certificate, which one of our authorities has signed. */
  readonly certificateName: string | undefined;
}

export const noCredentials: Credentials = { token: undefined, certificateName: undefined };

/** Over gRPC: the metadata "token", as etcd's clients send it, else "authorization". */
export function credentialsOfCall(call: Pick<Call, "metadata" | "clientName">): Credentials {
  const token = call.metadata("token") ?? call.metadata("authorization");
  return credentials(token, call.clientName);
}

/** Over the JSON gateway: the header "Authorization", with or without the word "Bearer". */
export function credentialsOfHttp(request: Pick<HttpRequest, "header" | "clientName">): Credentials {
  const token = request.header("authorization") ?? request.header("grpc-metadata-token");
  return credentials(token, request.clientName);
}

function credentials(token: string | undefined, certificateName: string | undefined): Credentials {
  if (token === undefined && certificateName === undefined) return noCredentials;
  return { token: token?.replace(/^Bearer /, ""), certificateName };
}
