import type { ClientTls, CompactionPolicy, PeerTls, TracingOptions } from "@quorate/etcd";
import { UsageError } from "../errors.ts";
import { bcryptCost, tokenSettings, type TokenSettings } from "./auth-settings.ts";
import { parseDuration } from "./duration.ts";
import type { Setting, Settings } from "./gather-settings.ts";
import type { InitialMember } from "./initial-cluster.ts";
import { checkOwnEntry, parseInitialCluster } from "./initial-cluster.ts";
import type { ServerUrl } from "./peer-and-client-urls.ts";
import { parseUrls } from "./peer-and-client-urls.ts";
import { clientTlsOf, flagOf, peerTlsOf } from "./tls-settings.ts";
import { tracingSettings } from "./tracing-settings.ts";

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];
export const logFormats = ["json", "pretty"] as const;
export type LogFormat = (typeof logFormats)[number];
/** What timers take. */
const maxDurationMs = 480 * 60 * 60 * 1000;
const clusterStates = ["new", "existing"] as const;
const compactionModes = ["periodic", "revision"] as const;
const metricsLevels = ["basic", "extensive"] as const;
const readModes = ["read-index", "lease"] as const;

/** Everything that `quorate serve` was told, checked. */
export interface ServeOptions {
  readonly name: string;
  /** As given: relative to the working folder, or absolute. */
  readonly dataDir: string;
  readonly listenClientUrls: readonly ServerUrl[];
  readonly advertiseClientUrls: readonly string[];
  readonly listenPeerUrl: ServerUrl;
  readonly initialAdvertisePeerUrls: readonly ServerUrl[];
  /** At least this member. */
  readonly initialCluster: readonly InitialMember[];
  readonly initialClusterState: (typeof clusterStates)[number];
  readonly initialClusterToken: string;
  readonly electionTimeoutMs: number;
  readonly maxRequestBytes: number;
  readonly maxTxnOps: number;
  /** 0 for no bound. */
  readonly quotaBackendBytes: number;
  /** Undefined to keep all history. */
  readonly autoCompaction: CompactionPolicy | undefined;
  readonly cors: readonly string[];
  readonly listenMetricsUrls: readonly ServerUrl[];
  readonly metrics: (typeof metricsLevels)[number];
  readonly tracing: TracingOptions | undefined;
  /** 0 for never. */
  readonly corruptCheckMs: number;
  readonly watchProgressNotifyMs: number;
  /** 0 for never. */
  readonly scrubIntervalMs: number;
  readonly scrubBytesPerSecond: number;
  readonly readMode: (typeof readModes)[number];
  readonly keepLogBytes: number;
  readonly logSegmentBytes: number;
  readonly checkpointBytes: number;
  readonly transferBytesPerSecond: number;
  readonly clientTls: ClientTls | undefined;
  readonly peerTls: PeerTls | undefined;
  readonly token: TokenSettings;
  readonly bcryptCost: number;
  readonly membersAreOpen: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

/** Turns settings into options with etcd's defaults. Fails with `UsageError` at the first that is wrong. */
export function resolveServeOptions(settings: Settings, terminal: boolean): ServeOptions {
  const name = text(settings.name, "default");
  const listenClientUrls = parseUrls(settings["listen-client-urls"] ?? implied("http://localhost:2379"));
  const metricsSetting = settings["listen-metrics-urls"];
  const listenMetricsUrls = metricsSetting === undefined ? [] : parseUrls(metricsSetting);
  const listenPeerUrl = onlyUrl(settings["listen-peer-urls"] ?? implied("http://localhost:2380"));
  const advertised = parseUrls(settings["initial-advertise-peer-urls"] ?? implied("http://localhost:2380"));
  const ownEntries = advertised.map(({ url }) => `${name}=${url}`).join(",");
  const clusterSetting = settings["initial-cluster"] ?? implied(ownEntries);
  const initialCluster = parseInitialCluster(clusterSetting);
  checkOwnEntry(initialCluster, name, advertised, clusterSetting.origin);
  return {
    name,
    dataDir: text(settings["data-dir"], `${name}.quorate`),
    listenClientUrls,
    advertiseClientUrls: advertisedClientUrls(settings, listenClientUrls),
    listenPeerUrl,
    initialAdvertisePeerUrls: advertised,
    initialCluster,
    initialClusterState: oneOf(settings["initial-cluster-state"], clusterStates, "new"),
    initialClusterToken: text(settings["initial-cluster-token"], "etcd-cluster"),
    electionTimeoutMs: electionTimeout(settings),
    maxRequestBytes: wholeNumber(settings["max-request-bytes"], 1_572_864, 1024, 64 * 1024 * 1024),
    maxTxnOps: wholeNumber(settings["max-txn-ops"], 128, 1, 100_000),
    quotaBackendBytes: wholeNumber(settings["quota-backend-bytes"], 0, 0, Number.MAX_SAFE_INTEGER),
    autoCompaction: autoCompaction(settings),
    cors: text(settings.cors, "*")
      .split(",")
      .map((origin) => origin.trim()),
    listenMetricsUrls,
    metrics: oneOf(settings.metrics, metricsLevels, "basic"),
    tracing: tracingSettings(settings),
    corruptCheckMs: duration(settings["corrupt-check-time"], "5m"),
    watchProgressNotifyMs: progressInterval(settings["watch-progress-notify-interval"]),
    scrubIntervalMs: duration(settings["scrub-interval"], "24h"),
    scrubBytesPerSecond: wholeNumber(settings["scrub-rate"], 16 * 1024 * 1024, 64 * 1024, 64 * 1024 * 1024 * 1024),
    readMode: oneOf(settings["read-mode"], readModes, "read-index"),
    keepLogBytes: wholeNumber(settings["log-keep-bytes"], 256 * 1024 * 1024, 0, 1024 * 1024 * 1024 * 1024),
    logSegmentBytes: wholeNumber(settings["log-segment-bytes"], 64 * 1024 * 1024, 64 * 1024, 1024 * 1024 * 1024),
    checkpointBytes: wholeNumber(settings["checkpoint-bytes"], 32 * 1024 * 1024, 64 * 1024, 1024 * 1024 * 1024),
    transferBytesPerSecond: wholeNumber(
      settings["transfer-rate"],
      128 * 1024 * 1024,
      64 * 1024,
      64 * 1024 * 1024 * 1024,
    ),
    clientTls: clientTlsOf(settings, [...listenClientUrls, ...listenMetricsUrls]),
    peerTls: peerTlsOf(settings, [listenPeerUrl, ...advertised], initialCluster),
    token: tokenSettings(settings),
    bcryptCost: bcryptCost(settings),
    membersAreOpen: flagOf(settings["open-member-list"]),
    logLevel: oneOf(settings["log-level"], logLevels, "info"),
    logFormat: oneOf(settings["log-format"], logFormats, terminal ? "pretty" : "json"),
  };
}

function implied(value: string): Setting {
  return { value, origin: "the default" };
}

/** The links between members use one listener. */
function onlyUrl(setting: Setting): ServerUrl {
  const [url, ...others] = parseUrls(setting);
  if (url === undefined || others.length > 0) {
    throw new UsageError(`One URL is needed, not several: ${setting.value} (${setting.origin}).`);
  }
  return url;
}

function advertisedClientUrls(settings: Settings, listening: readonly ServerUrl[]): readonly string[] {
  const setting = settings["advertise-client-urls"];
  if (setting !== undefined) return parseUrls(setting).map(({ url }) => url);
  const everywhere = listening.find(({ host }) => host === "0.0.0.0" || host === "::");
  if (everywhere !== undefined) {
    throw new UsageError(
      `--advertise-client-urls is needed, because clients on other machines cannot connect to ${everywhere.url}.`,
    );
  }
  return listening.map(({ url }) => url);
}

/** Heartbeats go out every tenth of the election timeout (DESIGN §3): either may be given, and both must agree. */
function electionTimeout(settings: Settings): number {
  const heartbeatSetting = settings["heartbeat-interval"];
  const heartbeat = wholeNumber(heartbeatSetting, 100, 5, 5000);
  const timeout = wholeNumber(settings["election-timeout"], heartbeat * 10, 50, 50_000);
  if (heartbeatSetting !== undefined && timeout !== heartbeat * 10) {
    throw new UsageError(
      `--election-timeout ${timeout} and --heartbeat-interval ${heartbeat} do not agree (${heartbeatSetting.origin}): ` +
        `heartbeats are sent every tenth of the election timeout. Leave --heartbeat-interval out, or give ${timeout / 10}.`,
    );
  }
  return timeout;
}

function text(setting: Setting | undefined, otherwise: string): string {
  if (setting === undefined) return otherwise;
  if (setting.value.trim() === "") throw new UsageError(`A value is needed (${setting.origin}).`);
  return setting.value;
}

function wholeNumber(setting: Setting | undefined, otherwise: number, least: number, most: number): number {
  if (setting === undefined) return otherwise;
  const value = Number(setting.value);
  if (!/^\d+$/.test(setting.value.trim()) || value < least || value > most) {
    throw new UsageError(`"${setting.value}" is not a whole number between ${least} and ${most} (${setting.origin}).`);
  }
  return value;
}

/** As etcd reads it: a time without a unit is hours. Fails with `UsageError`. */
function autoCompaction(settings: Settings): CompactionPolicy | undefined {
  const mode = oneOf(settings["auto-compaction-mode"], compactionModes, "periodic");
  const retention = settings["auto-compaction-retention"] ?? implied("0");
  if (mode === "revision") {
    const keepRevisions = wholeNumber(retention, 0, 0, Number.MAX_SAFE_INTEGER);
    return keepRevisions === 0 ? undefined : { mode, keepRevisions };
  }
  const isHours = /^\d+$/.test(retention.value.trim());
  const keepMs = duration(isHours ? { ...retention, value: `${retention.value.trim()}h` } : retention, "0");
  return keepMs === 0 ? undefined : { mode, keepMs };
}

/** In ms: etcd takes no less than 100. Fails with `UsageError`. */
function progressInterval(setting: Setting | undefined): number {
  const milliseconds = duration(setting, "10m");
  if (milliseconds >= 100) return milliseconds;
  const { value, origin } = setting ?? implied("10m");
  throw new UsageError(`"${value}" is shorter than 100ms, the least time between two notifications (${origin}).`);
}

/** In ms. Fails with `UsageError`. */
function duration(setting: Setting | undefined, otherwise: string): number {
  const { value, origin } = setting ?? implied(otherwise);
  const milliseconds = parseDuration(value);
  if (milliseconds !== undefined && milliseconds <= maxDurationMs) return milliseconds;
  throw new UsageError(`"${value}" is not a time such as 30s, 5m or 24h, of 20 days (480h) at most (${origin}).`);
}

function oneOf<const Name extends string>(setting: Setting | undefined, names: readonly Name[], otherwise: Name): Name {
  if (setting === undefined) return otherwise;
  const found = names.find((name) => name === setting.value);
  if (found !== undefined) return found;
  throw new UsageError(`"${setting.value}" is none of ${names.join(", ")} (${setting.origin}).`);
}
