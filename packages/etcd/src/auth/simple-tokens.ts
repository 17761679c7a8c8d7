import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { AuthUser, AuthView } from "@quorate/store";
import type { TokenHolder, TokenProvider } from "./token-provider.ts";

/** What etcd's simple tokens last without being used, in ms, unless told otherwise. */
export const defaultTokenTtlMs = 300_000;
/** Tokens that are remembered as used here; one that is forgotten is good for its time since it was issued. */
const maxRemembered = 10_000;
/** No token of ours is longer, in characters: names are what makes them long. */
const maxTokenLength = 4096;

interface Claims {
  readonly user: string;
  /** `AuthUser.credentialRevision` when it was issued. */
  readonly credentials: number;
  /** Wall-clock time of the member that issued it, in ms. Nothing but the token's own end hangs on it. */
  readonly issuedAt: number;
}

interface Remembered {
  readonly claims: Claims;
  readonly secret: Uint8Array;
  usedAt: number;
}

/**
 * etcd's "simple" tokens, signed: what each member knows through the log is enough to check a token that any of them has
 * issued, also after a restart. They end when nobody has used them here for their time, when the user is deleted or gets another
 * password, and when auth is disabled.
 */
export class SimpleTokens implements TokenProvider {
  readonly #ttlMs: number;
  readonly #now: () => number;
  readonly #remembered = new Map<string, Remembered>();

  constructor(ttlMs: number = defaultTokenTtlMs, now: () => number = Date.now) {
    this.#ttlMs = ttlMs;
    this.#now = now;
  }

  issue({ name, credentialRevision }: AuthUser, { tokenSecret }: AuthView): string {
    const nonce = randomBytes(9).toString("base64url");
    const claims = [name, credentialRevision, this.#now(), nonce];
    const body = Buffer.from(JSON.stringify(claims)).toString("base64url");
    return `${body}.${signature(body, tokenSecret).toString("base64url")}`;
  }

  check(token: string, auth: AuthView): TokenHolder | undefined {
    const found = this.#find(token, auth.tokenSecret);
    if (found === undefined) return undefined;
    const { claims, usedAt } = found;
    const now = this.#now();
    if (Math.abs(now - usedAt) >= this.#ttlMs) {
      this.#remembered.delete(token);
      return undefined;
    }
    found.usedAt = now;
    if (auth.user(claims.user)?.credentialRevision !== claims.credentials) return undefined;
    return { user: claims.user, authRevision: undefined };
  }

  #find(token: string, secret: Uint8Array): Remembered | undefined {
    const known = this.#remembered.get(token);
    if (known !== undefined && known.secret === secret) return known;
    const claims = claimsOf(token, secret);
    if (claims === undefined) return undefined;
    const remembered = { claims, secret, usedAt: claims.issuedAt };
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size < maxRemembered) break;
      this.#remembered.delete(oldest);
    }
    this.#remembered.set(token, remembered);
    return remembered;
  }
}

function signature(body: string, secret: Uint8Array): Buffer {
  return createHmac("sha256", secret).update(body).digest();
}

/** What a token says, if it was signed with the secret. */
function claimsOf(token: string, secret: Uint8Array): Claims | undefined {
  if (token.length > maxTokenLength || secret.length === 0) return undefined;
  const dot = token.indexOf(".");
  if (dot < 0) return undefined;
  const body = token.slice(0, dot);
  const given = Buffer.from(token.slice(dot + 1), "base64url");
  const expected = signature(body, secret);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const [user, credentials, issuedAt] = JSON.parse(Buffer.from(body, "base64url").toString()) as [
    string,
    number,
    number,
  ];
  return { user, credentials, issuedAt };
}
