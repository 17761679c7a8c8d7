import { jwtAlgorithms, JwtTokens, type JwtAlgorithm, type JwtOptions } from "./jwt-tokens.ts";
import { defaultTokenTtlMs, SimpleTokens } from "./simple-tokens.ts";
import type { TokenProvider } from "./token-provider.ts";

/** How users are told from others once auth is enabled. */
export interface AuthOptions {
  /** "simple" unless given. */
  readonly token?: TokenOptions;
  /** bcrypt's cost, from 4 to 31: each step doubles the time. 10 unless given. */
  readonly bcryptCost?: number;
  /**
   * Whether the list of members needs no user. Later versions of etcd demand one; clients made before may ask for the list first
   * (Patroni 3.0, say). No unless given.
   */
  readonly membersAreOpen?: boolean;
}

export type TokenOptions =
  | { readonly kind: "simple"; readonly ttlMs?: number }
  | ({ readonly kind: "jwt" } & JwtOptions);

export function isJwtAlgorithm(name: string): name is JwtAlgorithm {
  return (jwtAlgorithms as readonly string[]).includes(name);
}

/** Throws an `Error` that says what is wrong with the keys. */
export function tokenProvider(options: TokenOptions = { kind: "simple" }): TokenProvider {
  return options.kind === "simple" ? new SimpleTokens(options.ttlMs ?? defaultTokenTtlMs) : new JwtTokens(options);
}
