import { constants } from "node:crypto";
import type { Socket } from "node:net";
import { checkServerIdentity, TLSSocket, type SecureContextOptions, type TlsOptions } from "node:tls";

/** Certificates and keys as PEM. */
export interface ServerTls {
  readonly certificate: string | Uint8Array;
  readonly key: string | Uint8Array;
  /** Clients must show a certificate that one of these has signed. */
  readonly clientAuthorities?: string | Uint8Array;
  /** Certificates of clients that are revoked (a CRL, PEM). */
  readonly revoked?: string | Uint8Array;
  /** The host name that the certificates of clients must be good for. */
  readonly clientHostname?: string;
  /** Suites of TLS 1.2 as OpenSSL names them, instead of all that HTTP/2 allows; those of TLS 1.3 are always there. */
  readonly suites?: readonly string[];
}

/** TLS 1.2 with suites that HTTP/2 does not forbid (RFC 9113 §9.2.2), and TLS 1.3. */
const modernSuites = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
const usualSuites = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
];

export function secureContext({
  certificate,
  key,
  clientAuthorities,
  revoked,
  suites,
}: ServerTls): SecureContextOptions {
  return {
    cert: Buffer.from(certificate),
    key: Buffer.from(key),
    ...(clientAuthorities === undefined ? {} : { ca: Buffer.from(clientAuthorities) }),
    ...(revoked === undefined ? {} : { crl: Buffer.from(revoked) }),
    ciphers: [...modernSuites, ...(suites ?? usualSuites)].join(":"),
    minVersion: "TLSv1.2",
    honorCipherOrder: true,
    // Renegotiation is forbidden (§9.2.1).
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
  };
}

export function tlsOptions(tls: ServerTls, handshakeTimeoutMs: number): TlsOptions {
  return {
    ...secureContext(tls),
    ALPNProtocols: ["h2", "http/1.1"],
    handshakeTimeout: handshakeTimeoutMs,
    requestCert: tls.clientAuthorities !== undefined,
    // `whyNotAdmitted` refuses, and can say why.
    rejectUnauthorized: false,
  };
}

/** Why a client's certificate does not let it in; undefined when it does, or needs none. */
export function whyNotAdmitted(
  socket: TLSSocket,
  { clientAuthorities, clientHostname }: ServerTls,
): string | undefined {
  if (clientAuthorities === undefined) return undefined;
  const certificate = socket.getPeerCertificate();
  if (Object.keys(certificate).length === 0) return "no certificate was shown";
  if (!socket.authorized) return `the certificate is not good: ${String(socket.authorizationError)}`;
  if (clientHostname === undefined) return undefined;
  return checkServerIdentity(clientHostname, certificate)?.message;
}

/** The common name in the certificate of who connected, if it was asked for one and it is good. */
export function clientNameOf(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const name: unknown = socket.getPeerCertificate().subject?.CN;
  return typeof name === "string" && name !== "" ? name : undefined;
}
