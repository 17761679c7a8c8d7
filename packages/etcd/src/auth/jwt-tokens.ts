import { createSigner, createVerifier, type Algorithm } from "fast-jwt";
import { grpcCodes } from "@quorate/grpc";
import type { AuthUser, AuthView } from "@quorate/store";
import { EtcdError } from "../errors.ts";
import type { TokenHolder, TokenProvider } from "./token-provider.ts";

export const jwtAlgorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "HS256",
  "HS384",
  "HS512",
  "EdDSA",
] as const satisfies readonly Algorithm[];
export type JwtAlgorithm = (typeof jwtAlgorithms)[number];

/** Keys as PEM; for HS algorithms the private key is the secret itself, whatever its bytes. */
export interface JwtOptions {
  readonly algorithm: JwtAlgorithm;
  /** Undefined where tokens are only checked, and issued by others. */
  readonly privateKey: Buffer | undefined;
  readonly publicKey: Buffer | undefined;
  readonly ttlMs: number;
}

/** Checked tokens that are remembered. */
const maxRemembered = 1000;

/**
 * JSON Web Tokens with etcd's claims: `username`, `revision` and `exp`. All members have the same keys. A token is good as
 * long as nothing about users and roles has changed since its revision.
 */
export class JwtTokens implements TokenProvider {
  readonly #sign: ((claims: Record<string, unknown>) => string) | undefined;
  readonly #verify: (token: string) => unknown;

  /** Throws what is wrong with the keys. */
  constructor({ algorithm, privateKey, publicKey, ttlMs }: JwtOptions) {
    const isSecret = algorithm.startsWith("HS");
    const checkingKey = isSecret ? privateKey : publicKey;
    if (checkingKey === undefined)
      throw new Error(isSecret ? "priv-key, the secret, is missing" : "pub-key is missing");
    this.#sign =
      privateKey === undefined
        ? undefined
        : createSigner({ key: privateKey, algorithm, expiresIn: ttlMs, noTimestamp: true });
    this.#verify = createVerifier({
      key: checkingKey,
      algorithms: [algorithm],
      cache: maxRemembered,
      requiredClaims: ["username", "revision", "exp"],
    });
  }

  issue({ name }: AuthUser, { revision }: AuthView): string {
    if (this.#sign !== undefined) return this.#sign({ username: name, revision });
    throw new EtcdError(
      grpcCodes.unknown,
      "auth: token signing attempted with verify-only key: give --auth-token a priv-key, or ask whoever issues tokens",
    );
  }

  check(token: string): TokenHolder | undefined {
    try {
      const { username, revision } = this.#verify(token) as { readonly username: unknown; readonly revision: unknown };
      if (typeof username !== "string" || typeof revision !== "number" || !(revision > 0)) return undefined;
      return { user: username, authRevision: revision };
    } catch {
      return undefined;
    }
  }
}
