import type { AuthUser, AuthView } from "@quorate/store";

/** Whom a good token names. */
export interface TokenHolder {
  readonly user: string;
  /** What the user was permitted when the token was issued, where the token says so; else what it is permitted now counts. */
  readonly authRevision: number | undefined;
}

/** Makes and checks the tokens that clients are given for their password. Every member takes the tokens of every other. */
export interface TokenProvider {
  /** Throws `EtcdError` where this member cannot sign. */
  issue(user: AuthUser, auth: AuthView): string;
  /** Undefined for a token that is not, or no longer, good. */
  check(token: string, auth: AuthView): TokenHolder | undefined;
}
