import type { Host } from "@quorate/host";
import { NodeClock } from "./clock.ts";
import { NodeDisk } from "./disk.ts";
import type { LinkSecurity } from "./link-security.ts";
import { NodeLinks } from "./links.ts";
import { NodeRandom } from "./random.ts";
import { NodeTimers } from "./timers.ts";
import { TurnEnd } from "./turn-end.ts";

/** Node.js as a `Host`. */
export interface NodeHost extends Host {
  /**
   * Closes listeners and streams, completes what the disk has under way, releases its locks and ends its worker.
   * An open host keeps a process alive only through its listeners, its streams and operations under way.
   */
  close(): Promise<void>;
}

/** Makes a host with a disk worker of its own; its streams are TLS where there is a `LinkSecurity`. */
export function createNodeHost(security?: LinkSecurity): NodeHost {
  const clock = new NodeClock();
  const turnEnd = new TurnEnd();
  const links = new NodeLinks(turnEnd, security);
  const disk = new NodeDisk();
  return {
    clock,
    timers: new NodeTimers(() => clock.monotonicMs(), turnEnd),
    disk,
    links,
    random: new NodeRandom(),
    close: () =>
      new Promise((resolve, reject) => {
        links.close();
        disk.close((error) => (error === undefined ? resolve() : reject(error)));
      }),
  };
}
