import { create, createRegistry, isMessage, toJson, type DescMethod, type Message } from "@bufbuild/protobuf";
import { admin, Auth, Cluster, electionService, KV, Lease, lockService, Maintenance, Watch } from "@quorate/etcd/api";
import { grpcCodes } from "@quorate/grpc";
import { gatewayPaths } from "../../packages/etcd/src/gateway/paths.ts";
import { encoded, extremeMessage } from "./extreme-messages.ts";
import { Calls, overJson, type Outcome } from "./member-calls.ts";
import type { Random } from "./random.ts";
import type { Target } from "./target.ts";
import { stillServes, tidy } from "./tidy.ts";

const services = [
  KV,
  Watch,
  Lease,
  Cluster,
  Maintenance,
  Auth,
  lockService.Lock,
  electionService.Election,
  admin.Admin,
];
const pathOf = (method: DescMethod): string => `/${method.parent.typeName}/${method.name}`;
/** Members that have something of every kind that requests name. */
const prepared = new WeakSet<Target>();
const methods = services.flatMap((service) => service.methods);
const registry = createRegistry(...services);
const jsonPaths = new Map([...gatewayPaths].map(([path, method]) => [method, path]));

/** What takes no fields is asked less often. */
const common = methods.filter(({ input }) => input.fields.length > 0);
/** What these services of etcd's say with the code UNKNOWN, and its clients know. */
const knownUnknowns =
  /^(mutex: session is expired|election: (not leader|no leader)|etcdserver: key is not provided|"leader" field must be provided)$/;

/** Requests that are right, with fields at and around their bounds, of every method of every service, over gRPC and JSON. */
export async function fuzzBounds(random: Random, target: Target): Promise<void> {
  const calls = new Calls(target.port);
  try {
    if (!prepared.has(target)) await tidy(calls);
    prepared.add(target);
    const method = random.pick(random.chance(0.8) ? common : methods);
    const path = pathOf(method);
    const message = harmless(random, extremeMessage(random, method.input));
    const jsonPath = jsonPaths.get(path);
    const isOverJson = jsonPath !== undefined && random.chance(0.3);
    const outcome = isOverJson
      ? await overJson(`http://127.0.0.1:${target.port}${jsonPath}`, toJson(method.input, message, { registry }), path)
      : await calls.ask(path, repeated(random, method, encoded(method.input, message)));
    const said = outcome === undefined ? "nothing" : `${outcome.code} ${outcome.message}`;
    const via = isOverJson ? "over JSON" : "over gRPC";
    if (isFinding(outcome)) throw new Error(`${path} ${via}, asked rightly, answers ${said.slice(0, 300)}`);
    // An alarm that was raised as asked refuses the next write, as it should.
    if (/Alarm|Member|Auth|Change/.test(path) || random.chance(0.1)) await tidy(calls);
    await stillServes(calls, `${path} ${via} was answered ${said.slice(0, 300)}`);
  } finally {
    calls.close();
  }
}

/** Timing, voters and successors drawn by chance are the crash laboratory's: here members are added, renamed and removed. */
function harmless(random: Random, message: Message): Message {
  if (!isMessage(message, admin.ChangeRequestSchema)) return message;
  const { case: kind } = message.operation;
  if (kind === "add" || kind === "update" || kind === "remove" || kind === "promote") return message;
  const [type, asked] = random.pick([
    [admin.AddMemberSchema, "add"],
    [admin.UpdateMemberSchema, "update"],
    [admin.RemoveMemberSchema, "remove"],
  ] as const);
  const value = extremeMessage(random, type);
  return create(admin.ChangeRequestSchema, { operation: { case: asked, value } as admin.ChangeRequest["operation"] });
}

/** A stream of the client's is one message, or very many small ones. */
function repeated(random: Random, method: DescMethod, message: Buffer): Buffer[] {
  const isStream = method.methodKind === "bidi_streaming";
  const count = isStream && message.length < 100 && random.chance(0.3) ? random.pick([2, 100, 3000]) : 1;
  return Array.from({ length: count }, () => message);
}

function isFinding(outcome: Outcome | undefined): boolean {
  if (outcome === undefined) return false;
  const { code, message } = outcome;
  if (code === grpcCodes.internal) return true;
  return code === grpcCodes.unknown && !knownUnknowns.test(message);
}
