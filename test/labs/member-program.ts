// One member as its own process: `startEtcdServer` with the options of a LabMember, given as JSON in the first argument. It logs
// to stderr, a JSON object a line, and ends on SIGTERM or with the process that started it.
import { MembershipFile, startEtcdServer } from "@quorate/etcd";
import type { EtcdServerOptions } from "@quorate/etcd";
import type { Logger } from "@quorate/host";
import { defaultTiming } from "@quorate/raft";
import type { MemberSetup } from "./member-setup.ts";

const setup = JSON.parse(process.argv[2] ?? "{}") as MemberSetup;
const log = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) =>
  void process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
const logger: Logger = { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };

const server = await startEtcdServer(await optionsOf(setup));
logger.info("serving clients", { urls: server.clientUrls });
server.onFatal((error) => {
  logger.error(`stopped by a fatal error: ${error.stack}`);
  process.exit(1);
});
for (const event of ["SIGTERM", "SIGINT", "disconnect"]) process.once(event, () => void end());
process.send?.("serving");

async function end(): Promise<void> {
  logger.info("stopping");
  await server.close();
  logger.info("stopped");
  process.exit(0);
}

async function optionsOf(given: MemberSetup): Promise<EtcdServerOptions> {
  const { joining, electionTimeoutMs } = given;
  const base = {
    name: given.name,
    dataDir: given.dataDir,
    listenClients: [{ host: "127.0.0.1", port: given.clientPort }],
    advertiseClientUrls: [`http://127.0.0.1:${given.clientPort}`],
    listenPeers: { host: "127.0.0.1", port: given.peerPort },
    initialCluster: given.initialCluster,
    initialClusterToken: given.token,
    electionTimeoutMs,
    maxRequestBytes: 2 * 1024 * 1024,
    maxTxnOps: 128,
    // What is measured is not to be disturbed by what else happens now and then.
    corruptCheckMs: 0,
    scrubIntervalMs: 0,
    scrubBytesPerSecond: 256 * 1024 * 1024,
    keepLogBytes: given.keepLogBytes,
    logSegmentBytes: given.logSegmentBytes,
    transferBytesPerSecond: given.transferBytesPerSecond,
    logger,
  };
  if (joining === undefined || (await new MembershipFile(given.dataDir).read()) !== undefined) return base;
  const { clusterId, memberId, members, voters } = joining;
  const configuration = {
    voters,
    outgoing: [],
    learners: [memberId],
    promotable: [memberId],
    removed: [],
    members,
    timing: { ...defaultTiming, electionTimeoutMs },
  };
  return { ...base, joining: { clusterId, memberId, configuration } };
}
