/** Paths of PEM files. They are read again when they change. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Who must have signed the certificates of the other side. */
  readonly trustedCaFile?: string;
  /** Certificates of the other side that are revoked. */
  readonly crlFile?: string;
}

/** "auto": a certificate that the member signs itself, for trials: streams are encrypted, and nobody knows with whom. */
export type TlsSource = TlsFiles | "auto";

/** TLS for clients. */
export interface ClientTls {
  readonly source: TlsSource;
  /** Clients must show a certificate, and its common name counts as a user's name. A `trustedCaFile` alone demands one, too. */
  readonly clientCertAuth?: boolean;
  /** The host name that the certificates of clients must be good for. */
  readonly allowedHostname?: string;
  /** Suites of TLS 1.2 by OpenSSL's names; all that HTTP/2 allows unless given. */
  readonly suites?: readonly string[];
}

/** TLS between members. */
export interface PeerTls {
  readonly source: TlsSource;
  /** Members must show a certificate when they connect. A `trustedCaFile` alone demands one, too. */
  readonly clientCertAuth?: boolean;
  /** The common name that every member's certificate must have. */
  readonly allowedCn?: string;
  /** The host name that every member's certificate must be good for. */
  readonly allowedHostname?: string;
  /** Members may connect from elsewhere than their certificates say. */
  readonly skipsOriginCheck?: boolean;
  /** Members without TLS are taken and dialed as well, by the schemes of their URLs: while they are changed one by one. */
  readonly migrates?: boolean;
  readonly suites?: readonly string[];
}
