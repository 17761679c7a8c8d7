/**
 * The house (DESIGN §1), stated once: who may use whom. Dependencies point down only, so a package may name only packages
 * of rows above its own in this table.
 */
export interface Layer {
  /** The folder under the root. */
  readonly folder: string;
  /** The npm name. */
  readonly name: string;
  /** Other packages of this repository that its sources may import. */
  readonly uses: readonly string[];
  /** npm packages that its sources may import. */
  readonly external: readonly string[];
  /** May import `node:` modules. The others reach the outside only through the injected `Host`. */
  readonly node: boolean;
}

const everything = [
  "@quorate/host",
  "@quorate/raft",
  "@quorate/planner",
  "@quorate/doctor",
  "@quorate/transport",
  "@quorate/wal",
  "@quorate/store",
  "@quorate/replica",
  "@quorate/grpc",
  "@quorate/host-node",
  "@quorate/node",
  "@quorate/etcd",
];

export const house: readonly Layer[] = [
  neutral("packages/host", "@quorate/host", []),
  neutral("packages/raft", "@quorate/raft", []),
  neutral("packages/planner", "@quorate/planner", []),
  neutral("packages/doctor", "@quorate/doctor", []),
  neutral("packages/transport", "@quorate/transport", ["@quorate/host", "@quorate/raft"]),
  neutral("packages/wal", "@quorate/wal", ["@quorate/host", "@quorate/raft"]),
  neutral("packages/store", "@quorate/store", ["@quorate/host"]),
  neutral("packages/replica", "@quorate/replica", [
    "@quorate/host",
    "@quorate/raft",
    "@quorate/transport",
    "@quorate/wal",
  ]),
  neutral("packages/simulator", "@quorate/simulator", [
    "@quorate/host",
    "@quorate/raft",
    "@quorate/transport",
    "@quorate/wal",
    "@quorate/store",
    "@quorate/replica",
  ]),
  onNode("packages/host-node", "@quorate/host-node", ["@quorate/host", "@quorate/store"], ["classic-level"]),
  onNode("packages/grpc", "@quorate/grpc", ["@quorate/host", "@quorate/host-node"], ["ws"]),
  onNode(
    "packages/node",
    "@quorate/node",
    ["@quorate/host", "@quorate/raft", "@quorate/transport", "@quorate/wal", "@quorate/replica", "@quorate/host-node"],
    [],
  ),
  onNode(
    "packages/etcd",
    "@quorate/etcd",
    [
      "@quorate/host",
      "@quorate/raft",
      "@quorate/transport",
      "@quorate/wal",
      "@quorate/store",
      "@quorate/replica",
      "@quorate/grpc",
      "@quorate/host-node",
    ],
    [
      "@bufbuild/protobuf",
      "@opentelemetry/api",
      "@opentelemetry/exporter-trace-otlp-grpc",
      "@opentelemetry/resources",
      "@opentelemetry/sdk-trace-base",
      "bcryptjs",
      "fast-jwt",
      "prom-client",
      "selfsigned",
    ],
  ),
  onNode(
    "packages/cli",
    "quorate",
    [...everything, "@quorate/simulator"],
    ["@bomb.sh/tab", "@bufbuild/protobuf", "@grpc/grpc-js", "commander", "modern-tar", "pino", "sirv", "yaml"],
  ),
  {
    folder: "apps/lab",
    name: "@quorate/lab",
    uses: ["@quorate/raft", "@quorate/planner", "@quorate/simulator", "@quorate/doctor"],
    external: ["preact", "@preact/signals"],
    node: false,
  },
  onNode(
    "examples/counter",
    "@quorate/example-counter",
    ["@quorate/node", "@quorate/replica", "@quorate/host", "@quorate/simulator"],
    [],
  ),
];

function neutral(folder: string, name: string, uses: readonly string[]): Layer {
  return { folder, name, uses, external: [], node: false };
}

function onNode(folder: string, name: string, uses: readonly string[], external: readonly string[]): Layer {
  return { folder, name, uses, external, node: true };
}
