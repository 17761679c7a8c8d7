import type { Host, Links, NetworkAddress, Timers } from "@quorate/host";
import type { NodeHost } from "@quorate/host-node";

/**
 * A host over the real one on which time runs `speed` times as fast, so that elections after a cut take less of ours, and
 * on which the addresses of members lead to wherever they really listen: many clusters that were recorded at the same
 * ports can be started beside each other.
 */
export function recoveryHost(real: NodeHost, speed: number): Host {
  const { clock, timers } = real;
  return {
    clock: {
      monotonicMs: () => clock.monotonicMs() * speed,
      bootMs: () => clock.bootMs() * speed,
      wallMs: () => clock.wallMs(),
    },
    timers: fasterTimers(timers, speed),
    disk: real.disk,
    links: new ForwardedLinks(real.links),
    random: real.random,
  };
}

/** Only delays change; whatever else a host's timers can do stays as it is. */
function fasterTimers(timers: Timers, speed: number): Timers {
  const after: Timers["after"] = (delayMs, callback) => timers.after(delayMs / speed, callback);
  return new Proxy(timers, {
    get: (target, name) => {
      if (name === "after") return after;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

/** Who listens at an address does so at a port of the system's choice, and who connects to the address finds it there. */
class ForwardedLinks implements Links {
  readonly #real: Links;
  readonly #ports = new Map<string, number>();

  constructor(real: Links) {
    this.#real = real;
  }

  listen(
    address: NetworkAddress,
    onStream: Parameters<Links["listen"]>[1],
    done: Parameters<Links["listen"]>[2],
  ): void {
    this.#real.listen({ host: "127.0.0.1", port: 0 }, onStream, (error, listener) => {
      if (error === undefined) this.#ports.set(nameOf(address), listener.address.port);
      done(error, listener);
    });
  }

  connect(address: NetworkAddress, events: Parameters<Links["connect"]>[1]): ReturnType<Links["connect"]> {
    // A port that nobody listens at stands for a member that is down.
    return this.#real.connect({ host: "127.0.0.1", port: this.#ports.get(nameOf(address)) ?? 1 }, events);
  }
}

function nameOf({ host, port }: NetworkAddress): string {
  return `${host}:${port}`;
}
