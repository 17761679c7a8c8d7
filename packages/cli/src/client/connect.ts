import { connectivityState } from "@grpc/grpc-js";
import type { Client } from "@grpc/grpc-js";
import { connect as connectTcp } from "node:net";
import type { Endpoint } from "./endpoints.ts";

/** Connects a client, unless it is. Undefined once it is connected; else why it is not, for people. */
export async function connect(client: Client, endpoint: Endpoint, deadline: number): Promise<string | undefined> {
  const channel = client.getChannel();
  for (;;) {
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) return undefined;
    if (state === connectivityState.TRANSIENT_FAILURE) return whyNot(endpoint, deadline);
    if (state === connectivityState.SHUTDOWN) return "the client is closed";
    const timedOut = await new Promise<boolean>((resolve) => {
      channel.watchConnectivityState(state, deadline, (error) => resolve(error !== undefined));
    });
    if (timedOut) return "no answer in time";
  }
}

/** gRPC only says that it failed; a plain TCP connection says why. */
function whyNot(endpoint: Endpoint, deadline: number): Promise<string> {
  const colon = endpoint.lastIndexOf(":");
  const host = endpoint.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port: Number(endpoint.slice(colon + 1)) });
    const answer = (reason: string) => {
      socket.destroy();
      resolve(reason);
    };
    socket.setTimeout(Math.max(1, deadline - Date.now()), () => answer("no answer in time"));
    socket.once("connect", () => answer("something listens there, but it does not speak gRPC"));
    socket.once("error", (error: NodeJS.ErrnoException) => answer(reasons[error.code ?? ""] ?? error.message));
  });
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused: nothing listens there",
  ENOTFOUND: "this host name is not known",
  EHOSTUNREACH: "this host cannot be reached",
  ENETUNREACH: "this network cannot be reached",
  ECONNRESET: "the connection was reset",
};
