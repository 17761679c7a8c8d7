import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { EtcdServer, Joining } from "@quorate/etcd";
import { EtcdServerError, MemberRemovedError, startEtcdServer } from "@quorate/etcd";
import type { Logger } from "@quorate/host";
import { HostError } from "@quorate/host";
import { ReplicaStartError, StateDamagedError } from "@quorate/replica";
import { exitCodes, FailureError } from "../errors.ts";
import { version } from "../version.ts";
import { placeInExisting, type FindPlace } from "./find-place.ts";
import { loadAuthOptions } from "./auth-settings.ts";
import { createLogger } from "./logger.ts";
import { memberReport } from "./member-report.ts";
import type { ServerUrl } from "./peer-and-client-urls.ts";
import type { ServeOptions } from "./serve-options.ts";

/** Between the end of a member whose state is damaged and its next start, in ms. */
const rebuildDelayMs = 1000;
/** How often a supervised member reports to its supervisor. */
const reportEveryMs = 250;

/**
 * `quorate serve`: runs one member until a signal, the end of its supervisor, or a fatal error. Gives the exit code.
 * `findPlace` says who the member is in a cluster that runs already.
 */
export async function runServe(options: ServeOptions, findPlace: FindPlace = placeInExisting): Promise<number> {
  const logger = createLogger({
    level: options.logLevel,
    format: options.logFormat,
    colour: process.stderr.isTTY && !process.env["NO_COLOR"],
    member: options.name,
    write: (text) => process.stderr.write(text),
  });
  try {
    return await serveUntilAsked(options, logger, await findPlace(options, logger));
  } finally {
    // An open IPC channel would keep this process alive.
    if (process.connected) process.disconnect?.();
  }
}

async function serveUntilAsked(options: ServeOptions, logger: Logger, joining: Joining | undefined): Promise<number> {
  const stopAsked = untilAskedToStop();
  logger.info("starting", { version, node: process.version, pid: process.pid, dataDir: resolve(options.dataDir) });
  const reason = await serveOnce(options, logger, joining, stopAsked);
  if (!(reason instanceof StateDamagedError)) return codeOf(reason);
  // Once in the life of a process: a state that is damaged again says that the machine under it is at fault.
  logger.warn("starting again to rebuild the state", { inMs: rebuildDelayMs });
  const stopped = await Promise.race([stopAsked, delay(rebuildDelayMs, undefined)]);
  if (stopped !== undefined) return exitCodes.done;
  const second = await serveOnce(options, logger, joining, stopAsked);
  if (second instanceof StateDamagedError) {
    logger.error(
      "the state was damaged a second time since this process began: check the memory and the disk of this machine. " +
        "It is rebuilt when the member is started again, unless that was done too often",
    );
  }
  return codeOf(second);
}

/** A member that was removed has ended as it should: whoever starts what failed must not start it again. */
function codeOf(reason: Error | undefined): number {
  return reason === undefined || reason instanceof MemberRemovedError ? exitCodes.done : exitCodes.failure;
}

/** Serves until asked to stop, or until a fatal error, which is given. */
async function serveOnce(
  options: ServeOptions,
  logger: Logger,
  joining: Joining | undefined,
  stopAsked: Promise<string>,
): Promise<Error | undefined> {
  const starting = start(options, logger, joining);
  const early = await Promise.race([stopAsked, starting]);
  if (typeof early === "string") {
    // Opening large data takes a while. Nothing was served yet: what a member has opened is as safe as in a crash.
    logger.info("stopped before it was ready", { because: early });
    process.exit(exitCodes.done);
  }
  const server = early;
  const failed = new Promise<Error>((fail) => server.onFatal(fail));
  const reporting = reportToSupervisor(server);
  logger.info("serving clients", {
    urls: server.clientUrls,
    memberId: server.memberId.toString(16),
    clusterId: server.clusterId.toString(16),
  });

  const reason = await Promise.race([stopAsked, failed]);
  clearInterval(reporting);
  if (reason instanceof StateDamagedError) logger.error(`stopped: this member's state is damaged: ${reason.message}`);
  else if (reason instanceof MemberRemovedError) logger.warn(`stopped: ${reason.message}`);
  // What happened outside (a full disk, say) is told in a sentence that says what to do.
  else if (reason instanceof HostError) logger.error(`stopped: ${reason.message}`, { code: reason.code });
  else if (reason instanceof Error) logger.error("stopped by a fatal error", { error: reason.stack ?? reason.message });
  else logger.info("stopping", { because: reason });
  if (!(reason instanceof Error)) {
    const unsaved = await closedOrWhyNot(server);
    if (unsaved === undefined) logger.info("stopped");
    else
      logger.error(
        `stopped without saving the state, which the next start makes again from the log: ${unsaved.message}`,
      );
    return unsaved;
  }
  await server.close().catch((error: unknown) => logger.error(`while stopping: ${String(error)}`));
  return reason;
}

/** Closes; what failed outside (the last checkpoint found the disk full, say) is given, and all else is thrown. */
async function closedOrWhyNot(server: EtcdServer): Promise<HostError | undefined> {
  try {
    await server.close();
    return undefined;
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
}

function listenerAt({ host, port, isSecure }: ServerUrl): { host: string; port: number; secure: boolean } {
  return { host, port, secure: isSecure };
}

async function start(options: ServeOptions, logger: Logger, joining: Joining | undefined): Promise<EtcdServer> {
  const { name, initialClusterToken, electionTimeoutMs, maxRequestBytes, maxTxnOps } = options;
  const {
    corruptCheckMs,
    watchProgressNotifyMs,
    quotaBackendBytes,
    autoCompaction,
    scrubIntervalMs,
    scrubBytesPerSecond,
    keepLogBytes,
    transferBytesPerSecond,
  } = options;
  try {
    return await startEtcdServer({
      name,
      dataDir: resolve(options.dataDir),
      listenClients: options.listenClientUrls.map(listenerAt),
      advertiseClientUrls: options.advertiseClientUrls,
      listenPeers: { host: options.listenPeerUrl.host, port: options.listenPeerUrl.port },
      initialCluster: options.initialCluster.map((member) => ({
        name: member.name,
        peerUrls: member.peerUrls.map(({ url }) => url),
      })),
      ...(joining === undefined ? {} : { joining }),
      initialClusterToken,
      electionTimeoutMs,
      maxRequestBytes,
      maxTxnOps,
      cors: options.cors,
      listenMetrics: options.listenMetricsUrls.map(listenerAt),
      metrics: options.metrics,
      ...(options.tracing === undefined ? {} : { tracing: options.tracing }),
      corruptCheckMs,
      watchProgressNotifyMs,
      quotaBackendBytes,
      ...(autoCompaction === undefined ? {} : { autoCompaction }),
      scrubIntervalMs,
      scrubBytesPerSecond,
      reads: options.readMode,
      keepLogBytes,
      logSegmentBytes: options.logSegmentBytes,
      checkpointBytes: options.checkpointBytes,
      transferBytesPerSecond,
      ...(options.clientTls === undefined ? {} : { clientTls: options.clientTls }),
      ...(options.peerTls === undefined ? {} : { peerTls: options.peerTls }),
      auth: await loadAuthOptions(options),
      logger,
    });
  } catch (error) {
    // What a person can put right is told in a sentence; anything else is a defect of ours and keeps its stack.
    if (isPeerPortTaken(error, options)) {
      throw new FailureError(
        `Member ${name} did not start: another program listens at ${options.listenPeerUrl.url}, where this member is to ` +
          "serve other members. End that program, or give another address with --listen-peer-urls.",
        { cause: error },
      );
    }
    if (error instanceof EtcdServerError || error instanceof HostError || error instanceof ReplicaStartError) {
      throw new FailureError(`Member ${name} did not start: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

/** Whether this member could not listen for other members, because another program has the port. */
function isPeerPortTaken(error: unknown, options: ServeOptions): boolean {
  if (!(error instanceof Error)) return false;
  if (!(error instanceof HostError)) return isPeerPortTaken(error.cause, options);
  const { host, port } = options.listenPeerUrl;
  const subject = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return error.code === "address-in-use" && error.subject === subject;
}

/** Resolves with the reason: a signal, or the end of the process that started this one with an IPC channel. */
function untilAskedToStop(): Promise<string> {
  return new Promise((done) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => done(signal));
    process.once("disconnect", () => done("the supervisor has ended"));
  });
}

function reportToSupervisor(server: EtcdServer): NodeJS.Timeout | undefined {
  if (process.send === undefined) return undefined;
  return setInterval(() => {
    // A report that cannot be sent any more is no loss: "disconnect" says that the supervisor is gone.
    if (process.connected) process.send?.(memberReport(server.replica.status), () => {});
  }, reportEveryMs);
}
