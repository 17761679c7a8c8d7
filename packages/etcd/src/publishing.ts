import type { Logger } from "@quorate/host";
import { describeMember } from "@quorate/raft";
import type { ServiceParts } from "./service-parts.ts";

/**
 * Makes this member's name and client URLs known to the others, through the log (etcd's "publish"): member lists then name
 * them. Tried again until it is applied; nothing else waits for it.
 */
export class Publishing {
  readonly #parts: ServiceParts;
  readonly #logger: Logger;
  readonly #name: string;
  readonly #clientUrls: readonly string[];
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(parts: ServiceParts, name: string, clientUrls: readonly string[], logger: Logger) {
    this.#parts = parts;
    this.#name = name;
    this.#clientUrls = clientUrls;
    this.#logger = logger;
    this.#publish();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #publish(): void {
    if (this.#stopped || this.#isKnown()) return;
    const { replica, encodeCommand } = this.#parts;
    const member = replica.status.memberId;
    const command = encodeCommand({
      type: "publish-member",
      member,
      name: this.#name,
      clientUrls: this.#clientUrls,
    });
    replica.propose(command, (error) => {
      if (error === undefined) {
        this.#logger.info(`published ${this.#name} at ${this.#clientUrls.join(", ")}`, {
          memberId: describeMember(member),
        });
        return;
      }
      this.#logger.debug(`could not publish this member's URLs yet: ${error.message}`);
      this.#tryAgain();
    });
  }

  #isKnown(): boolean {
    const { store, replica } = this.#parts;
    const known = store.members.get(replica.status.memberId);
    return known?.name === this.#name && known.clientUrls.join() === this.#clientUrls.join();
  }

  #tryAgain(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => this.#publish(), 500);
    this.#timer.unref();
  }
}
