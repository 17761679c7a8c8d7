import { createSecureContext, rootCertificates } from "node:tls";
import type { GrpcServer, ServerTls } from "@quorate/grpc";
import type { Logger } from "@quorate/host";
import { LinkSecurity, type LinkCertificates } from "@quorate/host-node";
import { EtcdServerError, type EtcdServerOptions } from "../server-options.ts";
import { autoCertificate } from "./auto-certificate.ts";
import { CertificateFiles, loadCertificates, type CertificateStatus, type LoadedFiles } from "./certificate-files.ts";
import { RefusalLog } from "./refusal-log.ts";
import type { ClientTls, PeerTls, TlsFiles } from "./tls-options.ts";

/** How often certificate files are looked at, in ms. */
const lookMs = 2000;
/** What was meant to last for the time of a change is spoken of again after so long, in ms. */
const remindMs = 60 * 60 * 1000;
const migrationReminder =
  "--peer-tls-migration still lets members in without TLS. Once every peer URL begins with https:// and " +
  "quorate_tls_plain_peer_streams is 0 on every member, restart each of them without it (docs/security.md)";

/** What is known of a member's TLS, for metrics. */
export interface TlsStatus {
  readonly clients: CertificateStatus | undefined;
  readonly peers: CertificateStatus | undefined;
  readonly refusedPeers: number;
  /** Streams between members without TLS that are open, where those are taken although there is a certificate; undefined otherwise. */
  readonly plainPeerStreams: number | undefined;
}

/** TLS of one member, on both of its ports, with certificates that are renewed as soon as their files are. */
export class MemberTls {
  readonly #files: CertificateFiles[] = [];
  readonly #servers: GrpcServer[] = [];
  readonly #refusals: RefusalLog;
  readonly #plain: RefusalLog;
  /** As of the last renewal. */
  #clientTls: ServerTls | undefined;
  #clientFiles: CertificateFiles | undefined;
  #reminder: NodeJS.Timeout | undefined;
  #peers: { readonly security: LinkSecurity; readonly files: CertificateFiles } | undefined;

  private constructor(logger: Logger) {
    this.#refusals = new RefusalLog(logger, "TLS: a connection to this member's peer port was refused");
    this.#plain = new RefusalLog(logger, "TLS: a member was let in without TLS");
  }

  /** Rejects with `EtcdServerError`, which says what is wrong with which files. */
  static async open(options: EtcdServerOptions): Promise<MemberTls> {
    const tls = new MemberTls(options.logger);
    try {
      if (options.clientTls !== undefined) await tls.#openClients(options, options.clientTls);
      if (options.peerTls !== undefined) await tls.#openPeers(options, options.peerTls);
    } catch (error) {
      tls.stop();
      throw error;
    }
    return tls;
  }

  /** For listeners of clients; undefined without TLS. */
  get clients(): ServerTls | undefined {
    return this.#clientTls;
  }

  /** For the links between members; undefined without TLS. */
  get peers(): LinkSecurity | undefined {
    return this.#peers?.security;
  }

  get status(): TlsStatus {
    return {
      clients: this.#clientFiles?.status,
      peers: this.#peers?.files.status,
      refusedPeers: this.#refusals.count,
      plainPeerStreams: this.peers?.takesPlain === true ? this.peers.plainStreams : undefined,
    };
  }

  /** This server's certificate is renewed from now on. */
  keepsRenewed(server: GrpcServer): void {
    this.#servers.push(server);
  }

  /** Looks at no file any more. */
  stop(): void {
    for (const files of this.#files) files.stop();
    clearInterval(this.#reminder);
  }

  async #openClients(options: EtcdServerOptions, clientTls: ClientTls): Promise<void> {
    const hosts = options.listenClients.map(({ host }) => host);
    const files = await filesOf(clientTls, options.dataDir, "client", hosts);
    const loaded = await loadCertificates(files);
    checkFit(loaded, files);
    this.#clientTls = serverTls(clientTls, loaded);
    this.#clientFiles = this.#watch(files, "clients", options.logger, loaded, (renewed) => {
      const next = serverTls(clientTls, renewed);
      for (const server of this.#servers) server.renewTls(next);
      this.#clientTls = next;
    });
  }

  async #openPeers({ dataDir, listenPeers, logger }: EtcdServerOptions, peerTls: PeerTls): Promise<void> {
    const refused = (remote: string, reason: string): void => this.#refusals.refused(remote, reason);
    const onPlain = (remote: string): void => this.#plain.refused(remote, "--peer-tls-migration");
    const { security, files, loaded } = await linkSecurity(peerTls, dataDir, [listenPeers.host], refused, onPlain);
    const watched = this.#watch(files, "members", logger, loaded, (renewed) =>
      security.renew(linkCertificates(renewed)),
    );
    this.#peers = { security, files: watched };
    if (!security.takesPlain) return;
    const remind = (): void =>
      logger.warn(`SECURITY: ${migrationReminder}`, { plainPeerStreams: security.plainStreams });
    this.#reminder = setInterval(remind, remindMs).unref();
  }

  #watch(
    files: TlsFiles,
    whose: string,
    logger: Logger,
    loaded: LoadedFiles,
    use: (renewed: LoadedFiles) => void,
  ): CertificateFiles {
    const checked = (renewed: LoadedFiles): void => {
      checkFit(renewed, files);
      use(renewed);
    };
    const watched = new CertificateFiles({ files, whose, use: checked, logger, lookMs }, loaded);
    this.#files.push(watched);
    return watched;
  }
}

/** What members speak through. Rejects with `EtcdServerError`. */
export async function linkSecurity(
  peerTls: PeerTls,
  dataDir: string,
  hosts: readonly string[],
  onRefused: (remote: string, reason: string) => void,
  onPlain: (remote: string) => void = () => {},
): Promise<{ readonly security: LinkSecurity; readonly files: TlsFiles; readonly loaded: LoadedFiles }> {
  const files = await filesOf(peerTls, dataDir, "peer", hosts);
  const loaded = await loadCertificates(files);
  const isAuto = peerTls.source === "auto";
  checkFit(loaded, files);
  const security = new LinkSecurity({
    certificates: linkCertificates(loaded),
    verifies: !isAuto,
    asksForCertificates: !isAuto && (peerTls.clientCertAuth === true || files.trustedCaFile !== undefined),
    checksOrigin: peerTls.skipsOriginCheck !== true,
    ...(peerTls.allowedCn === undefined ? {} : { allowedName: peerTls.allowedCn }),
    ...(peerTls.allowedHostname === undefined ? {} : { allowedHost: peerTls.allowedHostname }),
    ...(peerTls.suites === undefined ? {} : { suites: peerTls.suites }),
    onRefused,
    ...(peerTls.migrates === true ? { onPlain } : {}),
  });
  return { security, files, loaded };
}

async function filesOf(
  { source }: ClientTls | PeerTls,
  dataDir: string,
  whose: "client" | "peer",
  hosts: readonly string[],
): Promise<TlsFiles> {
  if (source !== "auto") return source;
  const wildcards = new Set(["0.0.0.0", "::"]);
  return autoCertificate(
    dataDir,
    whose,
    hosts.filter((host) => !wildcards.has(host)),
  );
}

function serverTls({ clientCertAuth, allowedHostname, suites }: ClientTls, loaded: LoadedFiles): ServerTls {
  const { certificate, key, authorities, revoked } = loaded;
  // Without authorities of its own, --client-cert-auth trusts the system's, as in etcd.
  const clientAuthorities = authorities ?? (clientCertAuth === true ? systemAuthorities() : undefined);
  return {
    certificate,
    key,
    ...(clientAuthorities === undefined ? {} : { clientAuthorities }),
    ...(revoked === undefined ? {} : { revoked }),
    ...(allowedHostname === undefined ? {} : { clientHostname: allowedHostname }),
    ...(suites === undefined ? {} : { suites }),
  };
}

function linkCertificates({ certificate, key, authorities, revoked }: LoadedFiles): LinkCertificates {
  return {
    certificate,
    key,
    ...(authorities === undefined ? {} : { authorities }),
    ...(revoked === undefined ? {} : { revoked }),
  };
}

/** Throws `EtcdServerError` where certificate, key and authorities do not go together. */
function checkFit({ certificate, key, authorities, revoked }: LoadedFiles, files: TlsFiles): void {
  try {
    createSecureContext({
      cert: certificate,
      key,
      ...(authorities === undefined ? {} : { ca: authorities }),
      crl: revoked,
    });
  } catch (cause) {
    throw misfit(files, cause);
  }
}

function misfit({ certFile, keyFile, trustedCaFile }: TlsFiles, cause: unknown): EtcdServerError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const files = [certFile, keyFile, ...(trustedCaFile === undefined ? [] : [trustedCaFile])].join(", ");
  return new EtcdServerError(`the TLS files ${files} cannot be used together: ${why}`, { cause });
}

function systemAuthorities(): string {
  return rootCertificates.join("\n");
}
