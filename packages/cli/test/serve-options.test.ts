import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../src/errors.ts";
import { parseConfig } from "../src/serve/config-file.ts";
import { parseDuration } from "../src/serve/duration.ts";
import { gatherSettings } from "../src/serve/gather-settings.ts";
import type { ServeOptions } from "../src/serve/serve-options.ts";
import { resolveServeOptions } from "../src/serve/serve-options.ts";

interface Given {
  readonly flags?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly file?: string;
}

function resolve({ flags = {}, environment = {}, file = "" }: Given): ServeOptions {
  return resolveServeOptions(gatherSettings({ flags, environment, file: parseConfig(file, "q.yaml") }), false);
}

test("without any setting, the defaults are etcd's", () => {
  const options = resolve({});
  assert.equal(options.name, "default");
  assert.equal(options.dataDir, "default.quorate");
  assert.deepEqual(options.listenClientUrls, [
    { url: "http://localhost:2379", host: "localhost", port: 2379, isSecure: false },
  ]);
  assert.deepEqual(options.advertiseClientUrls, ["http://localhost:2379"]);
  assert.deepEqual(options.listenPeerUrl, {
    url: "http://localhost:2380",
    host: "localhost",
    port: 2380,
    isSecure: false,
  });
  assert.deepEqual(options.initialCluster, [{ name: "default", peerUrls: options.initialAdvertisePeerUrls }]);
  assert.equal(options.initialClusterState, "new");
  assert.equal(options.initialClusterToken, "etcd-cluster");
  assert.equal(options.electionTimeoutMs, 1000);
  assert.equal(options.maxRequestBytes, 1.5 * 1024 * 1024);
  assert.equal(options.maxTxnOps, 128);
  assert.equal(options.logLevel, "info");
  assert.equal(options.logFormat, "json");
});

test("on a terminal, logs are set for people unless a setting says otherwise", () => {
  assert.equal(resolveServeOptions({}, true).logFormat, "pretty");
  const json = gatherSettings({ flags: { "log-format": "json" }, environment: {}, file: {} });
  assert.equal(resolveServeOptions(json, true).logFormat, "json");
});

const precedence: readonly { what: string; given: Given; token: string }[] = [
  { what: "the file beats the default", given: { file: "initial-cluster-token: f" }, token: "f" },
  {
    what: "the environment beats the file",
    given: { environment: { ETCD_INITIAL_CLUSTER_TOKEN: "e" }, file: "initial-cluster-token: f" },
    token: "e",
  },
  {
    what: "QUORATE_ beats ETCD_",
    given: { environment: { ETCD_INITIAL_CLUSTER_TOKEN: "e", QUORATE_INITIAL_CLUSTER_TOKEN: "q" } },
    token: "q",
  },
  {
    what: "a flag beats everything",
    given: {
      flags: { "initial-cluster-token": "flag" },
      environment: { QUORATE_INITIAL_CLUSTER_TOKEN: "q" },
      file: "initial-cluster-token: f",
    },
    token: "flag",
  },
  {
    what: "an empty environment variable counts as absent",
    given: { environment: { QUORATE_INITIAL_CLUSTER_TOKEN: "" }, file: "initial-cluster-token: f" },
    token: "f",
  },
];

for (const { what, given, token } of precedence) {
  test(`precedence: ${what}`, () => assert.equal(resolve(given).initialClusterToken, token));
}

test("a three-member cluster as etcd's own scripts write it", () => {
  const cluster = "infra1=http://127.0.0.1:2380,infra2=http://127.0.0.1:22380,infra3=http://127.0.0.1:32380";
  const options = resolve({
    flags: {
      name: "infra2",
      "listen-client-urls": "http://127.0.0.1:22379",
      "advertise-client-urls": "http://127.0.0.1:22379",
      "listen-peer-urls": "http://127.0.0.1:22380",
      "initial-advertise-peer-urls": "http://127.0.0.1:22380",
      "initial-cluster-token": "etcd-cluster-1",
      "initial-cluster": cluster,
      "initial-cluster-state": "new",
    },
  });
  assert.deepEqual(
    options.initialCluster.map(({ name, peerUrls }) => `${name}=${peerUrls.map(({ url }) => url).join()}`).join(),
    cluster,
  );
  assert.equal(options.dataDir, "infra2.quorate");
});

test("the config file may be JSON, and a list stands for commas", () => {
  const file = JSON.stringify({
    name: "a",
    "listen-client-urls": ["http://10.0.0.1:2379", "http://127.0.0.1:2379"],
    "election-timeout": 2000,
  });
  const options = resolve({ file });
  assert.deepEqual(options.advertiseClientUrls, ["http://10.0.0.1:2379", "http://127.0.0.1:2379"]);
  assert.equal(options.electionTimeoutMs, 2000);
});

test("heartbeats and the election timeout go together: either may be given", () => {
  assert.equal(resolve({ flags: { "heartbeat-interval": "250" } }).electionTimeoutMs, 2500);
  assert.equal(resolve({ flags: { "heartbeat-interval": "100", "election-timeout": "1000" } }).electionTimeoutMs, 1000);
});

test("an IPv6 address is taken out of its brackets", () => {
  const [url] = resolve({ flags: { "listen-client-urls": "http://[::1]:2379" } }).listenClientUrls;
  assert.deepEqual(url, { url: "http://[::1]:2379", host: "::1", port: 2379, isSecure: false });
});

test("times have units, as etcd writes them; 0 is never", () => {
  const { corruptCheckMs, scrubIntervalMs, scrubBytesPerSecond } = resolve({});
  assert.deepEqual([corruptCheckMs, scrubIntervalMs, scrubBytesPerSecond], [300_000, 86_400_000, 16_777_216]);
  const given = resolve({ flags: { "corrupt-check-time": "0" }, environment: { ETCD_SCRUB_INTERVAL: "1h30m" } });
  assert.deepEqual([given.corruptCheckMs, given.scrubIntervalMs], [0, 5_400_000]);
  for (const [text, milliseconds] of [
    ["250ms", 250],
    ["1.5h", 5_400_000],
    ["2m3s", 123_000],
    ["", undefined],
    ["5", undefined],
    ["h", undefined],
    ["-1s", undefined],
    ["1d", undefined],
    ["1 h", undefined],
  ] as const) {
    assert.equal(parseDuration(text), milliseconds, text);
  }
});

const wrong: readonly { what: string; given: Given; says: RegExp }[] = [
  {
    what: "a URL without a scheme",
    given: { flags: { "listen-peer-urls": "10.0.0.1:2380" } },
    says: /not a URL|begin with http/,
  },
  {
    what: "nonsense for a URL",
    given: { flags: { "listen-peer-urls": "nonsense" } },
    says: /"nonsense" is not a URL.*--listen-peer-urls/,
  },
  { what: "an https URL", given: { flags: { "listen-client-urls": "https://a:1" } }, says: /TLS/ },
  {
    what: "https without a certificate for members",
    given: { flags: { "listen-peer-urls": "https://a:1", "initial-advertise-peer-urls": "https://a:1" } },
    says: /--peer-cert-file and --peer-key-file/,
  },
  {
    what: "peer URLs of both kinds",
    given: { flags: { "listen-peer-urls": "https://a:1", "peer-auto-tls": "true" } },
    says: /all peer URLs must begin with https/,
  },
  {
    what: "a certificate that would never be shown",
    given: { flags: { "cert-file": "c", "key-file": "k" } },
    says: /nothing would be encrypted/,
  },
  {
    what: "a certificate for members that would never be shown",
    given: { flags: { "peer-cert-file": "c", "peer-key-file": "k" } },
    says: /nothing would be encrypted/,
  },
  {
    what: "a change to TLS between members without a certificate for them",
    given: { flags: { "peer-tls-migration": "true" } },
    says: /--peer-tls-migration needs --peer-cert-file and --peer-key-file/,
  },
  {
    what: "a certificate without its key",
    given: { flags: { "listen-client-urls": "https://a:1", "cert-file": "c" } },
    says: /--cert-file and --key-file go together/,
  },
  {
    what: "metrics over https without a certificate",
    given: { flags: { "listen-metrics-urls": "https://a:1" } },
    says: /https:\/\/a:1 asks for TLS: give --cert-file/,
  },
  {
    what: "authorities without a certificate",
    given: { flags: { "trusted-ca-file": "c" } },
    says: /needs --cert-file/,
  },
  {
    what: "asking clients for certificates without TLS",
    given: { flags: { "client-cert-auth": "true" } },
    says: /--client-cert-auth needs --cert-file/,
  },
  {
    what: "asking members for certificates that sign themselves",
    given: {
      flags: {
        "listen-peer-urls": "https://a:1",
        "initial-advertise-peer-urls": "https://a:1",
        "peer-auto-tls": "true",
        "peer-client-cert-auth": "true",
      },
    },
    says: /--peer-client-cert-auth needs --peer-cert-file/,
  },
  {
    what: "a suite that HTTP/2 forbids",
    given: {
      flags: {
        "listen-client-urls": "https://a:1",
        "auto-tls": "true",
        "cipher-suites": "TLS_RSA_WITH_AES_128_CBC_SHA",
      },
    },
    says: /no suite that is served/,
  },
  { what: "a flag that is no flag", given: { flags: { "auto-tls": "maybe" } }, says: /neither true nor false/ },
  { what: "an unknown kind of token", given: { flags: { "auth-token": "cookie" } }, says: /neither simple nor jwt/ },
  {
    what: "a JWT without a method",
    given: { flags: { "auth-token": "jwt,pub-key=k" } },
    says: /sign-method= is none of/,
  },
  {
    what: "a JWT without a key to check with",
    given: { flags: { "auth-token": "jwt,sign-method=RS256,priv-key=k" } },
    says: /pub-key is needed/,
  },
  {
    what: "a JWT without a secret",
    given: { flags: { "auth-token": "jwt,sign-method=HS256,pub-key=k" } },
    says: /priv-key, the file of the secret/,
  },
  {
    what: "a JWT's option given twice",
    given: { flags: { "auth-token": "jwt,sign-method=RS256,pub-key=k,pub-key=l" } },
    says: /each given once/,
  },
  { what: "a bcrypt cost beyond bcrypt", given: { flags: { "bcrypt-cost": "32" } }, says: /between 4 and 31/ },
  { what: "a unix socket", given: { flags: { "listen-client-urls": "unix:///tmp/s" } }, says: /http:\/\// },
  { what: "a URL without a port", given: { flags: { "listen-client-urls": "http://a" } }, says: /port/ },
  { what: "a URL with port 0", given: { flags: { "listen-client-urls": "http://a:0" } }, says: /port/ },
  { what: "a port beyond 65535", given: { flags: { "listen-client-urls": "http://a:70000" } }, says: /not a URL/ },
  { what: "a URL with a path", given: { flags: { "listen-client-urls": "http://a:1/v3" } }, says: /path/ },
  { what: "a URL with a password", given: { flags: { "listen-client-urls": "http://a:b@c:1" } }, says: /password/ },
  {
    what: "an empty URL in a list",
    given: { flags: { "listen-client-urls": "http://a:1," } },
    says: /"" is not a URL/,
  },
  {
    what: "several URLs for peers",
    given: { flags: { "listen-peer-urls": "http://a:1,http://b:1" } },
    says: /One URL is needed/,
  },
  {
    what: "a cluster entry without a name",
    given: { flags: { "initial-cluster": "http://a:2380" } },
    says: /name=http/,
  },
  {
    what: "a cluster without this member",
    given: { flags: { name: "x", "initial-cluster": "a=http://localhost:2380" } },
    says: /no member named "x".*--name/,
  },
  {
    what: "a cluster that lists this member elsewhere",
    given: { flags: { "initial-cluster": "default=http://b:2380" } },
    says: /must be the same/,
  },
  {
    what: "two members at one URL",
    given: { flags: { "initial-cluster": "default=http://localhost:2380,b=http://localhost:2380" } },
    says: /both default and b/,
  },
  {
    what: "an unknown cluster state",
    given: { flags: { "initial-cluster-state": "old" } },
    says: /none of new, existing/,
  },
  { what: "a name of nothing", given: { flags: { name: "" } }, says: /A value is needed.*--name/ },
  {
    what: "a timeout in words",
    given: { environment: { ETCD_ELECTION_TIMEOUT: "1s" } },
    says: /"1s" is not a whole number.*ETCD_ELECTION_TIMEOUT/,
  },
  { what: "a negative timeout", given: { flags: { "election-timeout": "-5" } }, says: /whole number between/ },
  { what: "a huge timeout", given: { flags: { "election-timeout": "50001" } }, says: /between 50 and 50000/ },
  {
    what: "heartbeats that do not agree",
    given: { flags: { "heartbeat-interval": "300", "election-timeout": "1000" } },
    says: /do not agree.*100/,
  },
  { what: "a fractional size", given: { flags: { "max-request-bytes": "1.5" } }, says: /whole number/ },
  { what: "a tiny request limit", given: { flags: { "max-request-bytes": "10" } }, says: /between 1024/ },
  {
    what: "a time without a unit",
    given: { flags: { "scrub-interval": "5" } },
    says: /"5" is not a time.*--scrub-interval/,
  },
  {
    what: "too short a time between notifications",
    given: { flags: { "watch-progress-notify-interval": "99ms" } },
    says: /shorter than 100ms.*--watch-progress-notify-interval/,
  },
  { what: "too long a time", given: { flags: { "corrupt-check-time": "481h" } }, says: /20 days/ },
  { what: "a scrub that would never end", given: { flags: { "scrub-rate": "100" } }, says: /between 65536/ },
  { what: "no operations", given: { flags: { "max-txn-ops": "0" } }, says: /between 1 and/ },
  {
    what: "an unknown log level",
    given: { file: "log-level: loud" },
    says: /none of debug, info, warn, error.*q\.yaml, key log-level/,
  },
  { what: "an unknown log format", given: { flags: { "log-format": "xml" } }, says: /none of json, pretty/ },
  {
    what: "listening everywhere without an advertised URL",
    given: { flags: { "listen-client-urls": "http://0.0.0.0:2379" } },
    says: /--advertise-client-urls is needed/,
  },
  { what: "an unknown key in the file", given: { file: "nmae: a" }, says: /no option "nmae".*q\.yaml/ },
  { what: "broken YAML", given: { file: "name: [a" }, says: /not valid YAML/ },
  { what: "a file of one word", given: { file: "hello" }, says: /"option: value" lines/ },
  { what: "a nested value", given: { file: "name: { a: 1 }" }, says: /text or a number is needed/ },
  { what: "too large a file", given: { file: `name: ${"a".repeat(1024 * 1024)}` }, says: /larger than 1 MiB/ },
];

for (const { what, given, says } of wrong) {
  test(`refused with a clear error: ${what}`, () => {
    assert.throws(
      () => resolve(given),
      (error) => error instanceof UsageError && says.test(error.message),
    );
  });
}

test("TLS and tokens, as etcd's options say them", () => {
  const { clientTls, peerTls, token, bcryptCost } = resolve({
    flags: {
      "listen-client-urls": "https://127.0.0.1:1,http://127.0.0.1:2",
      "listen-peer-urls": "https://127.0.0.1:3",
      "initial-advertise-peer-urls": "https://127.0.0.1:3",
      "cert-file": "c",
      "key-file": "k",
      "trusted-ca-file": "a",
      "client-cert-auth": "true",
      "cipher-suites": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
      "peer-cert-file": "pc",
      "peer-key-file": "pk",
      "peer-trusted-ca-file": "pa",
      "peer-cert-allowed-cn": "member",
      "auth-token": "jwt,pub-key=p,priv-key=q,sign-method=RS512,ttl=10m",
      "bcrypt-cost": "12",
    },
  });
  const suites = ["ECDHE-RSA-AES128-GCM-SHA256"];
  assert.deepEqual(clientTls, {
    source: { certFile: "c", keyFile: "k", trustedCaFile: "a" },
    clientCertAuth: true,
    suites,
  });
  assert.deepEqual(peerTls, {
    source: { certFile: "pc", keyFile: "pk", trustedCaFile: "pa" },
    clientCertAuth: false,
    migrates: false,
    skipsOriginCheck: false,
    allowedCn: "member",
    suites,
  });
  assert.deepEqual(token, {
    kind: "jwt",
    algorithm: "RS512",
    privateKeyFile: "q",
    publicKeyFile: "p",
    ttlMs: 600_000,
  });
  assert.equal(bcryptCost, 12);
});
