/** One option of `quorate serve`: the same in a flag, an environment variable and the config file. */
export interface OptionRow {
  /** As in `--name`; ETCD_NAME and QUORATE_NAME in the environment; `name:` in the file. */
  readonly flag: string;
  readonly argument: string;
  /** For people; the value itself is made where it is resolved, since some defaults depend on other options. */
  readonly defaultText: string;
  readonly description: string;
}

/** Options that etcd has too, with etcd's names and meanings, come first. */
export const serveOptionRows = [
  row("name", "<name>", "default", "this member's name, as in --initial-cluster"),
  row("data-dir", "<folder>", "<name>.quorate", "where this member keeps its log and state"),
  row("listen-client-urls", "<urls>", "http://localhost:2379", "where clients are served"),
  row("advertise-client-urls", "<urls>", "the listen URLs", "client URLs that other members tell clients"),
  row("listen-peer-urls", "<urls>", "http://localhost:2380", "where other members are served"),
  row("initial-advertise-peer-urls", "<urls>", "http://localhost:2380", "peer URLs that other members connect to"),
  row("initial-cluster", "<name=url,...>", "<name>=<advertised peer URLs>", "every member of a new cluster"),
  row(
    "initial-cluster-state",
    "<new|existing>",
    "new",
    "whether the cluster is made now, or runs and has this member added",
  ),
  row("initial-cluster-token", "<text>", "etcd-cluster", "sets clusters of the same addresses apart"),
  row("election-timeout", "<ms>", "1000", "silence of a leader before others stand, equal on all members"),
  row("heartbeat-interval", "<ms>", "100", "a tenth of the election timeout, which it must agree with"),
  row("max-request-bytes", "<bytes>", "1572864", "largest request that a client may send"),
  row("max-txn-ops", "<count>", "128", "most operations in one transaction"),
  row("cert-file", "<file>", "no TLS", "certificate for clients (PEM), read again when it changes"),
  row("key-file", "<file>", "no TLS", "and its key"),
  row("trusted-ca-file", "<file>", "none", "authorities of clients' certificates, which are then demanded"),
  row("client-cert-auth", "[true|false]", "false", "demand clients' certificates; their common names count as users"),
  row("client-crl-file", "<file>", "none", "clients' certificates that are revoked"),
  row("client-cert-allowed-hostname", "<name>", "any", "host that clients' certificates must be good for"),
  row("auto-tls", "[true|false]", "false", "a certificate that signs itself, for trials of TLS with clients"),
  row("peer-cert-file", "<file>", "no TLS", "certificate for members, shown both when listening and when connecting"),
  row("peer-key-file", "<file>", "no TLS", "and its key"),
  row(
    "peer-trusted-ca-file",
    "<file>",
    "the system's",
    "authorities of members' certificates, which are then demanded",
  ),
  row("peer-client-cert-auth", "[true|false]", "false", "demand certificates of members that connect"),
  row("peer-crl-file", "<file>", "none", "members' certificates that are revoked"),
  row("peer-cert-allowed-cn", "<name>", "any", "common name that members' certificates must have"),
  row("peer-cert-allowed-hostname", "<name>", "any", "host that members' certificates must be good for"),
  row("peer-auto-tls", "[true|false]", "false", "certificates that sign themselves, for trials of TLS between members"),
  row(
    "peer-tls-migration",
    "[true|false]",
    "false",
    "take and dial members without TLS too, while they are changed one by one (docs/security.md)",
  ),
  row(
    "experimental-peer-skip-client-san-verification",
    "[true|false]",
    "false",
    "let members connect from elsewhere than their certificates say",
  ),
  row("cipher-suites", "<names>", "all that HTTP/2 allows", "suites of TLS 1.2 that are served"),
  row("auth-token", "<kind>", "simple", "simple, or jwt,pub-key=<file>,priv-key=<file>,sign-method=RS512,ttl=5m"),
  row("auth-token-ttl", "<seconds>", "300", "how long a simple token lasts without being used"),
  row("open-member-list", "[true|false]", "false", "let anybody list members with auth enabled, as etcd did up to 3.4"),
  row("bcrypt-cost", "<4-31>", "10", "what hashing a password costs: each step doubles the time"),
  row("quota-backend-bytes", "<bytes>", "0", "what the state may take before the alarm NOSPACE, 0 for no bound"),
  row(
    "auto-compaction-mode",
    "<periodic|revision>",
    "periodic",
    "whether --auto-compaction-retention is a time or a count",
  ),
  row(
    "auto-compaction-retention",
    "<time|count>",
    "0",
    "what of the history is kept: a time (a mere number is hours), or revisions; 0 for all",
  ),
  row("cors", "<origins>", "*", "origins whose web pages may use what is served over HTTP, * for all"),
  row("listen-metrics-urls", "<urls>", "the client URLs only", "where /metrics and /health are served too"),
  row("metrics", "<basic|extensive>", "basic", "extensive: also how long each call takes"),
  row("experimental-enable-distributed-tracing", "[true|false]", "false", "traces of calls for OpenTelemetry"),
  row("experimental-distributed-tracing-address", "<host:port>", "localhost:4317", "its collector (OTLP over gRPC)"),
  row("experimental-distributed-tracing-service-name", "<name>", "etcd", "what the service is called in traces"),
  row("experimental-distributed-tracing-instance-id", "<text>", "none", "tells members apart in traces"),
  row(
    "experimental-distributed-tracing-sampling-rate",
    "<count>",
    "0",
    "of a million calls that their callers do not trace, how many are traced",
  ),
  row("corrupt-check-time", "<time>", "5m", "how often the leader compares the members' states, 0 for never"),
  row("watch-progress-notify-interval", "<time>", "10m", "how often watches that ask for it hear how far they are"),
  row("scrub-interval", "<time>", "24h", "from one scrub of this member's state to the next, 0 for none"),
  row("scrub-rate", "<bytes>", "16777216", "what scrubs and comparisons read in a second at most"),
  row("read-mode", "<read-index|lease>", "read-index", "how linearizable reads are made sure of (docs/raft.md)"),
  row("log-keep-bytes", "<bytes>", "268435456", "how much of the log is kept for members that are behind"),
  row("log-segment-bytes", "<bytes>", "67108864", "the size of one file of the log, which is dropped file by file"),
  row("checkpoint-bytes", "<bytes>", "33554432", "the state is made durable when so much of it is not"),
  row("transfer-rate", "<bytes>", "134217728", "what sending a state to a member takes in a second at most"),
  row("log-level", "<level>", "info", "debug, info, warn or error"),
  row("log-format", "<format>", "pretty on a terminal, else json", "json or pretty"),
] as const satisfies readonly OptionRow[];

export type ServeOptionName = (typeof serveOptionRows)[number]["flag"];

/** Names of the environment variables of an option, the stronger first. */
export function environmentNames(flag: string): readonly string[] {
  const name = flag.toUpperCase().replaceAll("-", "_");
  return [`QUORATE_${name}`, `ETCD_${name}`];
}

function row<const Flag extends string>(flag: Flag, argument: string, defaultText: string, description: string) {
  return { flag, argument, defaultText, description };
}
