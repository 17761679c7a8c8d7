import { lookup } from "node:dns/promises";
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  type ConnectionOptions,
  type PeerCertificate,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
  type TlsOptions,
} from "node:tls";
import type { Socket } from "node:net";
import type { NetworkAddress } from "@quorate/host";

/** A member's own certificate, and whose it trusts: as PEM. */
export interface LinkCertificates {
  readonly certificate: Buffer;
  readonly key: Buffer;
  /** Who must have signed the certificates of others; the system's authorities unless given. */
  readonly authorities?: Buffer;
  /** Certificates that are revoked (a CRL). */
  readonly revoked?: Buffer;
}

/** How a member makes sure of who is at the other end of a stream. */
export interface LinkSecurityOptions {
  readonly certificates: LinkCertificates;
  /** False: any certificate will do, also one that its owner has signed. Streams are encrypted then, and no more. */
  readonly verifies: boolean;
  /** Whoever connects must show a certificate. */
  readonly asksForCertificates: boolean;
  /** The common name that every member's certificate must have. */
  readonly allowedName?: string;
  /** The host name that every member's certificate must be good for. */
  readonly allowedHost?: string;
  /** Whether a certificate that names hosts must name the one that its owner connects from. */
  readonly checksOrigin: boolean;
  /** Of TLS 1.2, as OpenSSL names them; those of TLS 1.3 are always there. */
  readonly suites?: readonly string[];
  /** Somebody who connected was refused, for people to read. */
  readonly onRefused: (remote: string, reason: string) => void;
  /**
   * While members are changed from plain streams to TLS one by one, or back: plain streams are taken as well, which this is told of, and
   * opened to addresses that are not `secure`. Nobody who is plain is known, whatever else is asked of members.
   */
  readonly onPlain?: (remote: string) => void;
}

/** In ms: a handshake takes two round trips, and processor time that a flood of them must not eat. */
export const handshakeTimeoutMs = 10_000;
const modernSuites = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
const usualSuites = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
];

/** TLS for the streams between members, both ways. Certificates can be renewed while it is used: streams that are open stay. */
export class LinkSecurity {
  readonly #options: LinkSecurityOptions;
  readonly #renewed = new Set<(context: SecureContextOptions) => void>();
  #contextOptions: SecureContextOptions;
  #context: SecureContext;
  #plainStreams = 0;

  /** Throws what is wrong with the certificates. */
  constructor(options: LinkSecurityOptions) {
    this.#options = options;
    this.#contextOptions = this.#optionsOf(options.certificates);
    this.#context = createSecureContext(this.#contextOptions);
  }

  /** Plain streams are taken and opened, too. */
  get takesPlain(): boolean {
    return this.#options.onPlain !== undefined;
  }

  /** Those that are open. */
  get plainStreams(): number {
    return this.#plainStreams;
  }

  /** A plain stream is open: one that was taken, from `remote`, or that this member opened. */
  plain(socket: Socket, remote?: string): void {
    if (remote !== undefined) this.#options.onPlain?.(remote);
    this.#plainStreams++;
    socket.once("close", () => this.#plainStreams--);
  }

  /** New streams use other certificates. Throws what is wrong with them, and keeps the old ones. */
  renew(certificates: LinkCertificates): void {
    const contextOptions = this.#optionsOf(certificates);
    const context = createSecureContext(contextOptions);
    this.#contextOptions = contextOptions;
    this.#context = context;
    for (const renewed of this.#renewed) renewed(contextOptions);
  }

  /** For a listener; `renewed` is called with each renewal. Returns the way to stop that. */
  serverOptions(renewed: (context: SecureContextOptions) => void): { options: TlsOptions; stop: () => void } {
    this.#renewed.add(renewed);
    const options = {
      ...this.#contextOptions,
      handshakeTimeout: handshakeTimeoutMs,
      requestCert: this.#options.asksForCertificates,
      // `whyNot` refuses, and can say why.
      rejectUnauthorized: false,
    };
    return { options, stop: () => this.#renewed.delete(renewed) };
  }

  /** Opens a stream to an address, whose certificate must be good for its host. */
  connect({ host, port }: NetworkAddress): TLSSocket {
    const options: ConnectionOptions = {
      host,
      port,
      secureContext: this.#context,
      rejectUnauthorized: this.#options.verifies,
      // A name is sent to choose a certificate by; an IP address must not be (RFC 6066 §3).
      servername: isIpAddress(host) ? "" : host,
      checkServerIdentity: (_, certificate) =>
        checkServerIdentity(host, certificate) ?? asError(this.#refusalOf(certificate)),
    };
    return connect(options);
  }

  /** Tells, once, why somebody who connected is refused; undefined for who is welcome. */
  whyNot(socket: TLSSocket, tell: (refusal: string | undefined) => void): void {
    const { asksForCertificates, verifies, checksOrigin } = this.#options;
    if (!asksForCertificates || !verifies) return tell(undefined);
    const certificate = socket.getPeerCertificate();
    const refusal = whyUnverified(socket) ?? this.#refusalOf(certificate);
    if (refusal !== undefined || !checksOrigin) return tell(refusal);
    whyNotFrom(socket.remoteAddress ?? "", certificate).then(tell, (error: unknown) => tell(String(error)));
  }

  refused(remote: string, reason: string): void {
    this.#options.onRefused(remote, reason);
  }

  #refusalOf(certificate: PeerCertificate): string | undefined {
    const { allowedName, allowedHost } = this.#options;
    const name: unknown = certificate.subject?.CN;
    if (allowedName !== undefined && name !== allowedName) {
      return `the certificate's common name is ${typeof name === "string" ? `"${name}"` : "not one"}, not "${allowedName}"`;
    }
    if (allowedHost === undefined) return undefined;
    return checkServerIdentity(allowedHost, certificate)?.message;
  }

  #optionsOf({ certificate, key, authorities, revoked }: LinkCertificates): SecureContextOptions {
    return {
      cert: certificate,
      key,
      ...(authorities === undefined ? {} : { ca: authorities }),
      ...(revoked === undefined ? {} : { crl: revoked }),
      ciphers: [...modernSuites, ...(this.#options.suites ?? usualSuites)].join(":"),
      minVersion: "TLSv1.2",
      honorCipherOrder: true,
    };
  }
}

/** Why the certificate of who connected is not good; undefined when it is. */
function whyUnverified(socket: TLSSocket): string | undefined {
  if (socket.authorized) return undefined;
  if (Object.keys(socket.getPeerCertificate()).length === 0) return "no certificate was shown";
  return `the certificate is not good: ${String(socket.authorizationError)}`;
}

/**
 * Whether a certificate that names hosts names the one at an address: by the address itself, or by a name that leads there
 * now. One that names nobody may come from anywhere.
 */
async function whyNotFrom(address: string, certificate: PeerCertificate): Promise<string | undefined> {
  const names = (certificate.subjectaltname ?? "").split(", ").filter((name) => /^(DNS|IP Address):/.test(name));
  if (names.length === 0) return undefined;
  const plain = address.replace(/^::ffff:/, "");
  if (checkServerIdentity(plain, certificate) === undefined) return undefined;
  for (const name of names.filter((one) => one.startsWith("DNS:")).map((one) => one.slice("DNS:".length))) {
    const found = await lookup(name, { all: true }).catch(() => []);
    if (found.some((one) => one.address === plain)) return undefined;
  }
  return `the certificate is for ${names.join(", ")}, and who showed it is at ${plain}`;
}

function isIpAddress(host: string): boolean {
  return host.includes(":") || /^\d+(\.\d+){3}$/.test(host);
}

function asError(reason: string | undefined): Error | undefined {
  return reason === undefined ? undefined : new Error(reason);
}
