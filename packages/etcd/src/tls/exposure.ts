import type { Logger, NetworkAddress } from "@quorate/host";
import type { EtcdServerOptions } from "../server-options.ts";
import type { ServiceParts } from "../service-parts.ts";

/**
 * Says loudly, at the start, what any other machine can do to this member: nobody should find out from somebody else that the
 * defaults, made for one machine, are open to the network.
 */
export function warnOfExposure(options: EtcdServerOptions, { replica, store }: ServiceParts): void {
  const { logger, clientTls, peerTls, listenClients, listenPeers } = options;
  if (peerTls === undefined && isBeyondLoopback(listenPeers)) {
    warn(
      logger,
      `members are served without TLS at ${shown(listenPeers)}: whoever reaches that port can take part in the cluster, and ` +
        "read and change everything. Give --peer-cert-file, --peer-key-file, --peer-trusted-ca-file and --peer-client-cert-auth",
    );
  }
  if (peerTls?.migrates === true) {
    warn(
      logger,
      `--peer-tls-migration: members are taken at ${shown(listenPeers)} without TLS too, and so is whoever else reaches that port: they can ` +
        "take part in the cluster, and read and change everything. Once every peer URL begins with https:// and " +
        "quorate_tls_plain_peer_streams is 0 on every member, restart each of them without the option",
    );
  }
  const exposed = listenClients.filter(isBeyondLoopback);
  const plain = exposed.filter(({ secure }) => secure !== true);
  if (plain.length > 0) {
    warn(
      logger,
      `clients are served without TLS at ${plain.map(shown).join(", ")}: keys, values, passwords and tokens can be read on the ` +
        "way. Give --cert-file and --key-file, and https:// URLs",
    );
  }
  const asksForCertificates =
    clientTls !== undefined &&
    (clientTls.clientCertAuth === true ||
      (clientTls.source !== "auto" && clientTls.source.trustedCaFile !== undefined));
  const open = exposed.filter(({ secure }) => secure !== true || !asksForCertificates);
  if (open.length === 0) return;
  // As of now or as of what the log still holds: without a cluster, what is known here has to do.
  replica.readBarrier(() => {
    if (store.auth.isEnabled) return;
    warn(
      logger,
      `anybody who reaches ${open.map(shown).join(", ")} can read and change everything: auth is not enabled. ` +
        'Enable it ("etcdctl auth enable"), or ask clients for certificates (--client-cert-auth, --trusted-ca-file)',
    );
  });
}

function warn(logger: Logger, message: string): void {
  logger.warn(`SECURITY: ${message} (docs/security.md)`);
}

function isBeyondLoopback({ host }: NetworkAddress): boolean {
  return !(host === "localhost" || host === "::1" || host.startsWith("127."));
}

function shown({ host, port }: NetworkAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
