import { connectivityState } from "@grpc/grpc-js";
import type { Client } from "@grpc/grpc-js";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { TlsFiles } from "./access.ts";
import { addressOf, asksForTls, type Endpoint } from "./endpoints.ts";

/** Connects a client, unless it is. Undefined once it is connected; else why it is not, for people. */
export async function connect(
  client: Client,
  endpoint: Endpoint,
  tls: TlsFiles | undefined,
  deadline: number,
): Promise<string | undefined> {
  const channel = client.getChannel();
  for (;;) {
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) return undefined;
    if (state === connectivityState.TRANSIENT_FAILURE) return whyNot(endpoint, tls, deadline);
    if (state === connectivityState.SHUTDOWN) return "the client is closed";
    const timedOut = await new Promise<boolean>((resolve) => {
      channel.watchConnectivityState(state, deadline, (error) => resolve(error !== undefined));
    });
    if (timedOut) return "no answer in time";
  }
}

/** gRPC only says that it failed; a plain connection says why. */
function whyNot(endpoint: Endpoint, tls: TlsFiles | undefined, deadline: number): Promise<string> {
  const address = addressOf(endpoint);
  const colon = address.lastIndexOf(":");
  const place = { host: address.slice(0, colon).replace(/^\[(.*)\]$/, "$1"), port: Number(address.slice(colon + 1)) };
  const isSecure = tls !== undefined || asksForTls(endpoint);
  return new Promise((resolve) => {
    const socket: Socket = isSecure ? connectTls({ ...place, ...tlsOptions(tls) }) : connectTcp(place);
    const answer = (reason: string) => {
      socket.destroy();
      resolve(reason);
    };
    socket.setTimeout(Math.max(1, deadline - Date.now()), () => answer("no answer in time"));
    socket.once(isSecure ? "secureConnect" : "connect", () =>
      answer(
        isSecure
          ? "it speaks TLS, but took no gRPC connection: does it want a client certificate (--cert, --key)?"
          : "something listens there, but it does not speak gRPC; with TLS the endpoint begins with https://",
      ),
    );
    socket.once("error", (error: NodeJS.ErrnoException) => {
      const code = isSecure && error.code === "ECONNRESET" ? "EPROTO" : (error.code ?? "");
      answer(reasons[code] ?? error.message);
    });
  });
}

function tlsOptions(tls: TlsFiles | undefined) {
  return {
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls?.key === undefined ? {} : { key: tls.key }),
    rejectUnauthorized: tls?.trustAnyServer !== true,
    ALPNProtocols: ["h2"],
  };
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused: nothing listens there",
  ENOTFOUND: "this host name is not known",
  EHOSTUNREACH: "this host cannot be reached",
  ENETUNREACH: "this network cannot be reached",
  ECONNRESET: "the connection was reset",
  EPROTO: "it does not speak TLS as we do; without TLS the endpoint begins with http://",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS as we do; without TLS the endpoint begins with http://",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is of an authority that is not known here (--cacert)",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself, and not known here (--cacert)",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is of an authority that is not known here (--cacert)",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is of an authority that is not known here (--cacert)",
  CERT_HAS_EXPIRED: "its certificate has expired",
};
