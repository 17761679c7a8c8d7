import type {
  AccessCheck,
  AuthRefusal,
  AuthView,
  Caller,
  KeyRange,
  Operation,
  PlainCommand,
  StoreCommand,
} from "@quorate/store";
import type { Credentials } from "./credentials.ts";
import type { TokenProvider } from "./token-provider.ts";

/** What the store knows of users, read at each use: a state that another member sent takes the place of the one before. */
export interface AuthSource {
  readonly auth: AuthView;
  readonly access: AccessCheck;
}

/**
 * What somebody may do, found out each time that it matters, since users and permissions change. Services ask this and
 * nothing else; what they read through `ServiceParts.store`, and propose through `ServiceParts.encodeCommand`, asks it for them.
 */
export interface Guard {
  /** Why the keys may not be read, or written, now; undefined when they may. */
  refusalOfKeys(access: "read" | "write", range: KeyRange): AuthRefusal | undefined;
  refusalOfOperation(operation: Operation): AuthRefusal | undefined;
  /** The same for every key that hangs on a lease. */
  refusalOfLease(access: "read" | "write", lease: bigint): AuthRefusal | undefined;
  refusalOfUser(): AuthRefusal | undefined;
  refusalOfAdministration(): AuthRefusal | undefined;
  /** The user's name; undefined for nobody in particular, and while auth is disabled. */
  readonly user: string | undefined;
  /** A command as the log shall hold it. */
  commandOf(command: PlainCommand): StoreCommand;
  /** Another number whenever an answer may be another one. */
  readonly version: number;
  /**
   * For what lasts longer than a token, such as a watch: whoever is found out once stays known until the user is deleted or gets
   * another password.
   */
  hold(): Guard;
}

type Found = { readonly caller: Caller | undefined; readonly refusal?: never } | { readonly refusal: AuthRefusal };

/** Finds out, now, who asks. */
type Identify = () => Found;

export class CallerGuard implements Guard {
  readonly #source: AuthSource;
  readonly #identify: Identify;

  private constructor(source: AuthSource, identify: Identify) {
    this.#source = source;
    this.#identify = identify;
  }

  /** Of whoever shows these credentials. Names in certificates count only when `certificatesCount`. */
  static of(source: AuthSource, credentials: Credentials, tokens: TokenProvider, certificatesCount: boolean): Guard {
    return new CallerGuard(source, () => {
      const { auth } = source;
      const { token, certificateName } = credentials;
      if (!auth.isEnabled) return { caller: undefined };
      if (token !== undefined) {
        const holder = tokens.check(token, auth);
        if (holder === undefined) return { refusal: "invalid-token" };
        return { caller: { user: holder.user, authRevision: holder.authRevision ?? auth.revision } };
      }
      if (certificateName === undefined || !certificatesCount) return { caller: undefined };
      return { caller: { user: certificateName, authRevision: auth.revision } };
    });
  }

  get user(): string | undefined {
    const found = this.#identify();
    return found.refusal === undefined ? found.caller?.user : undefined;
  }

  get version(): number {
    const { isEnabled, revision } = this.#source.auth;
    return 2 * revision + (isEnabled ? 1 : 0);
  }

  refusalOfKeys(access: "read" | "write", range: KeyRange): AuthRefusal | undefined {
    return this.#asked((caller) => this.#source.auth.refusalOfKeys(caller, access, range));
  }

  refusalOfOperation(operation: Operation): AuthRefusal | undefined {
    if (!this.#source.auth.isEnabled) return undefined;
    return this.#asked((caller) => this.#source.access.refusalOfOperation(caller, operation));
  }

  refusalOfLease(access: "read" | "write", lease: bigint): AuthRefusal | undefined {
    return this.#asked((caller) => this.#source.access.refusalOfLease(caller, access, lease));
  }

  refusalOfUser(): AuthRefusal | undefined {
    return this.#asked((caller) => this.#source.auth.refusalOfUser(caller));
  }

  refusalOfAdministration(): AuthRefusal | undefined {
    return this.#asked((caller) => this.#source.auth.refusalOfAdministration(caller));
  }

  commandOf(command: PlainCommand): StoreCommand {
    if (!this.#source.auth.isEnabled) return command;
    const found = this.#identify();
    // Nobody's command is refused when it is applied, if auth is enabled by then.
    if (found.refusal !== undefined || found.caller === undefined) return command;
    return { type: "by-user", caller: found.caller, command };
  }

  hold(): Guard {
    let held: { readonly user: string; readonly credentials: number | undefined } | undefined;
    return new CallerGuard(this.#source, () => {
      const { auth } = this.#source;
      if (!auth.isEnabled) return { caller: undefined };
      if (held === undefined) {
        const found = this.#identify();
        if (found.refusal !== undefined || found.caller === undefined) return found;
        const { user } = found.caller;
        held = { user, credentials: auth.user(user)?.credentialRevision };
        return found;
      }
      if (auth.user(held.user)?.credentialRevision !== held.credentials) return { refusal: "invalid-token" };
      return { caller: { user: held.user, authRevision: auth.revision } };
    });
  }

  #asked(ask: (caller: Caller | undefined) => AuthRefusal | undefined): AuthRefusal | undefined {
    if (!this.#source.auth.isEnabled) return undefined;
    const found = this.#identify();
    return found.refusal ?? ask(found.caller);
  }
}

/** The member itself: what it does of its own accord needs no permission. */
export function memberGuard(source: AuthSource): Guard {
  const nothing = (): undefined => undefined;
  const guard: Guard = {
    refusalOfKeys: nothing,
    refusalOfOperation: nothing,
    refusalOfLease: nothing,
    refusalOfUser: nothing,
    refusalOfAdministration: nothing,
    user: undefined,
    commandOf: (command) => (source.auth.isEnabled ? { type: "by-member", command } : command),
    version: 0,
    hold: () => guard,
  };
  return guard;
}
