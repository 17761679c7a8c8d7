import {
  cipherSuiteNames,
  opensslSuite,
  type ClientTls,
  type PeerTls,
  type TlsFiles,
  type TlsSource,
} from "@quorate/etcd";
import { UsageError } from "../errors.ts";
import type { Setting, Settings } from "./gather-settings.ts";
import type { InitialMember } from "./initial-cluster.ts";
import type { ServeOptionName } from "./option-table.ts";
import type { ServerUrl } from "./peer-and-client-urls.ts";

/** TLS for clients, as etcd's options say it; undefined without. Fails with `UsageError` where options and URLs disagree. */
export function clientTlsOf(settings: Settings, listening: readonly ServerUrl[]): ClientTls | undefined {
  const clientCertAuth = flagOf(settings["client-cert-auth"]);
  const source = sourceOf(settings, {
    cert: "cert-file",
    key: "key-file",
    ca: "trusted-ca-file",
    crl: "client-crl-file",
    auto: "auto-tls",
  });
  const secure = listening.find(({ isSecure }) => isSecure);
  if (source === undefined) {
    if (secure !== undefined) {
      throw new UsageError(`${secure.url} asks for TLS: give --cert-file and --key-file, or --auto-tls for a trial.`);
    }
    if (clientCertAuth) throw needsFiles("client-cert-auth", settings);
    return undefined;
  }
  if (secure === undefined) {
    throw new UsageError(
      "There is a certificate for clients, and no URL in --listen-client-urls begins with https://: nothing would be encrypted.",
    );
  }
  if (clientCertAuth && source === "auto") throw needsFiles("client-cert-auth", settings);
  const allowedHostname = settings["client-cert-allowed-hostname"]?.value;
  return {
    source,
    clientCertAuth,
    ...(allowedHostname === undefined ? {} : { allowedHostname }),
    ...suitesOf(settings["cipher-suites"]),
  };
}

/** TLS between members; undefined without. Fails with `UsageError` where options and URLs disagree. */
export function peerTlsOf(
  settings: Settings,
  own: readonly ServerUrl[],
  members: readonly InitialMember[],
): PeerTls | undefined {
  const clientCertAuth = flagOf(settings["peer-client-cert-auth"]);
  const migrates = flagOf(settings["peer-tls-migration"]);
  const source = sourceOf(settings, {
    cert: "peer-cert-file",
    key: "peer-key-file",
    ca: "peer-trusted-ca-file",
    crl: "peer-crl-file",
    auto: "peer-auto-tls",
  });
  const urls = [...own, ...members.flatMap(({ peerUrls }) => peerUrls)];
  const secure = urls.find(({ isSecure }) => isSecure);
  const plain = urls.find(({ isSecure }) => !isSecure);
  if (secure !== undefined && plain !== undefined && !migrates) {
    throw new UsageError(
      `${secure.url} asks for TLS between members, and ${plain.url} does not: all peer URLs must begin with https://, or none. ` +
        "To change a cluster member by member, see --peer-tls-migration in docs/security.md.",
    );
  }
  if (source === undefined) {
    if (secure !== undefined) {
      throw new UsageError(
        `${secure.url} asks for TLS: give --peer-cert-file and --peer-key-file, or --peer-auto-tls for a trial.`,
      );
    }
    if (clientCertAuth) throw needsFiles("peer-client-cert-auth", settings);
    if (migrates) throw needsFiles("peer-tls-migration", settings);
    return undefined;
  }
  if (plain !== undefined && !migrates) {
    throw new UsageError(
      `There is a certificate for members, and the peer URL ${plain.url} does not begin with https://: nothing would be encrypted.`,
    );
  }
  if (clientCertAuth && source === "auto") throw needsFiles("peer-client-cert-auth", settings);
  const allowedCn = settings["peer-cert-allowed-cn"]?.value;
  const allowedHostname = settings["peer-cert-allowed-hostname"]?.value;
  return {
    source,
    clientCertAuth,
    migrates,
    skipsOriginCheck: flagOf(settings["experimental-peer-skip-client-san-verification"]),
    ...(allowedCn === undefined ? {} : { allowedCn }),
    ...(allowedHostname === undefined ? {} : { allowedHostname }),
    ...suitesOf(settings["cipher-suites"]),
  };
}

interface FileOptions {
  readonly cert: ServeOptionName;
  readonly key: ServeOptionName;
  readonly ca: ServeOptionName;
  readonly crl: ServeOptionName;
  readonly auto: ServeOptionName;
}

/** Files win over a certificate that is made by itself, as in etcd. */
function sourceOf(settings: Settings, { cert, key, ca, crl, auto }: FileOptions): TlsSource | undefined {
  const certFile = settings[cert]?.value;
  const keyFile = settings[key]?.value;
  if (certFile === undefined && keyFile === undefined) {
    const lonely = settings[ca] === undefined ? undefined : ca;
    if (lonely !== undefined) throw needsFiles(lonely, settings);
    return flagOf(settings[auto]) ? "auto" : undefined;
  }
  if (certFile === undefined || keyFile === undefined) {
    throw new UsageError(`--${cert} and --${key} go together: one of them is missing.`);
  }
  const trustedCaFile = settings[ca]?.value;
  const crlFile = settings[crl]?.value;
  const files: TlsFiles = {
    certFile,
    keyFile,
    ...(trustedCaFile === undefined ? {} : { trustedCaFile }),
    ...(crlFile === undefined ? {} : { crlFile }),
  };
  return files;
}

function needsFiles(option: ServeOptionName, settings: Settings): UsageError {
  const prefix = option.startsWith("peer-") ? "peer-" : "";
  const origin = settings[option]?.origin ?? "the default";
  return new UsageError(`--${option} needs --${prefix}cert-file and --${prefix}key-file (${origin}).`);
}

function suitesOf(setting: Setting | undefined): { readonly suites?: readonly string[] } {
  if (setting === undefined) return {};
  const suites = setting.value.split(",").map((name) => {
    const suite = opensslSuite(name.trim());
    if (suite !== undefined) return suite;
    throw new UsageError(
      `"${name.trim()}" is no suite that is served (${setting.origin}). There are ${cipherSuiteNames.join(", ")}; those of ` +
        "TLS 1.3 are always there.",
    );
  });
  return { suites };
}

/** A flag is given alone, or with what Go's flags take. Fails with `UsageError`. */
export function flagOf(setting: Setting | undefined): boolean {
  if (setting === undefined) return false;
  if (["true", "1", "t"].includes(setting.value.toLowerCase())) return true;
  if (["false", "0", "f"].includes(setting.value.toLowerCase())) return false;
  throw new UsageError(`"${setting.value}" is neither true nor false (${setting.origin}).`);
}
