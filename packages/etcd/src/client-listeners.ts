import { startGrpcServer, type GrpcServer } from "@quorate/grpc";
import type { Admission } from "./auth/admission.ts";
import { clientPort, metricsPort } from "./client-port.ts";
import type { Closing } from "./closing.ts";
import { clientUrl } from "./initial-configuration.ts";
import { LeaderRequirement } from "./leader/leader-requirement.ts";
import { ServerMetrics } from "./metrics.ts";
import type { Traffic } from "./metrics/peer-metrics.ts";
import { EtcdServerError, type ClientListener, type EtcdServerOptions } from "./server-options.ts";
import type { ServiceParts } from "./service-parts.ts";
import { startTracing } from "./tracing/tracing.ts";
import type { MemberTls } from "./tls/server-tls.ts";
import { defaultProgressNotifyMs, WatchService } from "./watch/watch-service.ts";

/** Room for what travels around a value: keys, metadata, framing. */
export const requestSlackBytes: number = 512 * 1024;

export interface ClientListening {
  readonly options: EtcdServerOptions;
  readonly parts: ServiceParts;
  readonly admission: Admission;
  readonly tls: MemberTls;
  readonly traffic: Traffic;
  readonly closing: Closing;
}

/** Listens to clients, and to those who only watch over the member. Gives the URLs where clients connect. */
export async function listenToClients(listening: ClientListening): Promise<string[]> {
  const { options, parts, admission, traffic, closing } = listening;
  const metrics = new ServerMetrics(parts, { areExtensive: options.metrics === "extensive", traffic });
  const { watchProgressNotifyMs: progressNotifyMs = defaultProgressNotifyMs } = options;
  const watch = new WatchService({ parts, admission, progressNotifyMs });
  const leader = new LeaderRequirement(parts.replica);
  closing.add(async () => leader.stop());
  const port = clientPort({
    parts,
    admission,
    metrics,
    watch,
    leader,
    maxMessageBytes: options.maxRequestBytes + requestSlackBytes,
    ...(options.cors === undefined ? {} : { cors: options.cors }),
  });
  const tracing = options.tracing === undefined ? undefined : await startTracing(options.tracing, options.logger);
  if (tracing !== undefined) closing.add(() => tracing.close());
  const traced = tracing === undefined ? port : { ...port, tracer: tracing.tracer };
  const urls: string[] = [];
  for (const address of options.listenClients) {
    const server = await listen(listening, address, traced);
    urls.push(clientUrl(server.address, address.secure === true));
  }
  for (const address of options.listenMetrics ?? []) await listen(listening, address, metricsPort(parts, metrics));
  // Before the servers wait for calls to end.
  closing.add(async () => watch.close());
  return urls;
}

async function listen(
  { options, tls: memberTls, closing }: ClientListening,
  address: ClientListener,
  port: Omit<Parameters<typeof startGrpcServer>[0], "address">,
): Promise<GrpcServer> {
  const tls = address.secure === true ? memberTls.clients : undefined;
  if (address.secure === true && tls === undefined) {
    throw new EtcdServerError(
      `clients at ${address.host}:${address.port} want TLS, and there is no certificate for it`,
    );
  }
  const own = { ...port, ...(tls === undefined ? {} : { tls }) };
  const server = await startGrpcServer({ address, ...own, logger: options.logger });
  closing.add(() => server.close());
  if (tls !== undefined) memberTls.keepsRenewed(server);
  return server;
}
