import type { TracingOptions } from "@quorate/etcd";
import { UsageError } from "../errors.ts";
import type { Settings } from "./gather-settings.ts";
import { flagOf } from "./tls-settings.ts";

/** What is said of traces under etcd's names; undefined while they are not wanted. Fails with `UsageError`. */
export function tracingSettings(settings: Settings): TracingOptions | undefined {
  if (!flagOf(settings["experimental-enable-distributed-tracing"])) return undefined;
  const address = settings["experimental-distributed-tracing-address"];
  if (address !== undefined && !/^[^\s/:]+(:[^\s/:]+)*:\d+$/.test(address.value)) {
    throw new UsageError(`"${address.value}" is not of the form host:port (${address.origin}).`);
  }
  const rate = settings["experimental-distributed-tracing-sampling-rate"];
  const samplesPerMillion = Number(rate?.value ?? 0);
  if (!Number.isSafeInteger(samplesPerMillion) || samplesPerMillion < 0 || samplesPerMillion > 1_000_000) {
    throw new UsageError(`"${rate?.value}" is not a whole number between 0 and 1000000 (${rate?.origin}).`);
  }
  const instanceId = settings["experimental-distributed-tracing-instance-id"]?.value;
  return {
    address: address?.value ?? "localhost:4317",
    serviceName: settings["experimental-distributed-tracing-service-name"]?.value ?? "etcd",
    ...(instanceId === undefined ? {} : { instanceId }),
    samplesPerMillion,
  };
}
