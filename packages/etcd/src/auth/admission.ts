import { encodeCommand, type AuthRefusal, type AuthView } from "@quorate/store";
import type { EtcdError } from "../errors.ts";
import type { ServiceParts } from "../service-parts.ts";
import type { Credentials } from "./credentials.ts";
import { noCredentials } from "./credentials.ts";
import { CallerGuard, type AuthSource, type Guard } from "./guard.ts";
import { GuardedStore } from "./guarded-store.ts";
import { anyone, policyOf, type Policy } from "./policies.ts";
import { authRefusalError } from "./refusals.ts";
import type { TokenProvider } from "./token-provider.ts";

export interface AdmissionOptions {
  /** As the member itself uses them: nothing is checked. */
  readonly parts: ServiceParts;
  readonly source: AuthSource;
  readonly tokens: TokenProvider;
  /** Whether the common name of a client's certificate is the name of a user (`--client-cert-auth`). */
  readonly certificatesCount: boolean;
  /** Whether anybody may ask who the members are: for clients that ask before they show who they are. No unless given. */
  readonly membersAreOpen?: boolean;
}

const memberList = "/etcdserverpb.Cluster/MemberList";
/** Callers whose parts are kept, so that they are not made for every call. */
const maxKept = 1000;

/** How long a way out waits at most for what the cluster has committed, in ms. */
const longestWaitMs = 2000;

/** Every call passes here, and gets parts that do for its caller what the caller may do, and nothing more. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #anybodys: ServiceParts;
  readonly #kept = new Map<string, ServiceParts>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#anybodys = this.#partsFor(noCredentials);
  }

  get #auth(): AuthView {
    return this.#options.source.auth;
  }

  /** The parts for a call, if nothing needs to be waited for: so it is with all calls while auth is disabled, but for a few. */
  admitted(path: string, credentials: Credentials, request: unknown): ServiceParts | undefined {
    const policy = this.#policyOf(path);
    if (policy.asOf === "cluster") return undefined;
    if (!this.#auth.isEnabled) return this.#anybodys;
    const parts = this.#partsOf(credentials);
    return this.#refusal(policy, parts, request) === undefined ? parts : undefined;
  }

  /**
   * Calls one of the two, once. Whoever would be refused is looked at again as of what the cluster has committed: this member
   * may only not have heard yet of a new user, or that auth was disabled.
   */
  admit(
    path: string,
    credentials: Credentials,
    request: unknown,
    go: (parts: ServiceParts) => void,
    refuse: (error: EtcdError) => void,
  ): void {
    const parts = this.admitted(path, credentials, request);
    if (parts !== undefined) return go(parts);
    const policy = this.#policyOf(path);
    this.#whenUpToDate(policy.isWayOut?.(request) === true, () => {
      const own = this.#partsOf(credentials);
      const refusal = this.#refusal(policy, own, request);
      if (refusal !== undefined) return refuse(authRefusalError(refusal));
      go(own);
    });
  }

  /**
   * Without a leader nobody can tell what the cluster has committed: then what must be as of the cluster fails in its own
   * words. Only what is a way out of that does not wait until the question has run out of time.
   */
  #whenUpToDate(isWayOut: boolean, go: () => void): void {
    const { replica } = this.#options.parts;
    if (!isWayOut) return replica.readBarrier(() => go());
    const { electionTimeoutMs } = replica.status.configuration.timing;
    let isOver = false;
    const once = (): void => {
      clearTimeout(patience);
      if (!isOver) go();
      isOver = true;
    };
    const patience = setTimeout(once, Math.min(electionTimeoutMs, longestWaitMs));
    replica.readBarrier(once);
  }

  #policyOf(path: string): Policy {
    return path === memberList && this.#options.membersAreOpen === true ? anyone : policyOf(path);
  }

  #refusal(policy: Policy, { guard }: ServiceParts, request: unknown): AuthRefusal | undefined {
    return this.#auth.isEnabled ? policy.refusal(guard, this.#auth, request) : undefined;
  }

  #partsOf(credentials: Credentials): ServiceParts {
    if (credentials === noCredentials) return this.#anybodys;
    const { token = "", certificateName } = credentials;
    // No header holds a line end.
    const key = certificateName === undefined ? token : `${token}\n${certificateName}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const parts = this.#partsFor(credentials);
    if (parts.guard.user === undefined) return parts;
    if (this.#kept.size >= maxKept) this.#kept.clear();
    this.#kept.set(key, parts);
    return parts;
  }

  #partsFor(credentials: Credentials): ServiceParts {
    const { source, tokens, certificatesCount } = this.#options;
    return this.#partsUnder(CallerGuard.of(source, credentials, tokens, certificatesCount));
  }

  #partsUnder(guard: Guard): ServiceParts {
    const { parts } = this.#options;
    return {
      ...parts,
      guard,
      store: new GuardedStore(parts.store, guard),
      encodeCommand: (command) => encodeCommand(guard.commandOf(command)),
      hold: () => this.#partsUnder(guard.hold()),
    };
  }
}
