import { readFile } from "node:fs/promises";
import { bcryptCosts, isJwtAlgorithm, jwtAlgorithms, type AuthOptions } from "@quorate/etcd";
import { FailureError, UsageError } from "../errors.ts";
import { parseDuration } from "./duration.ts";
import type { Setting, Settings } from "./gather-settings.ts";
import type { ServeOptions } from "./serve-options.ts";

/** How tokens are made, as etcd's --auth-token says it: keys are files still. */
export type TokenSettings =
  | { readonly kind: "simple"; readonly ttlMs: number }
  | {
      readonly kind: "jwt";
      readonly algorithm: (typeof jwtAlgorithms)[number];
      readonly privateKeyFile: string | undefined;
      readonly publicKeyFile: string | undefined;
      readonly ttlMs: number;
    };

/** What etcd's JSON Web Tokens last unless told otherwise, in ms. */
const defaultJwtTtlMs = 5 * 60 * 1000;

/** Parses "simple" or "jwt,pub-key=...,priv-key=...,sign-method=RS512,ttl=10m". Fails with `UsageError`. */
export function tokenSettings(settings: Settings): TokenSettings {
  const setting = settings["auth-token"] ?? { value: "simple", origin: "the default" };
  const [kind, ...parts] = setting.value.split(",");
  if (kind === "simple" && parts.length === 0) return { kind, ttlMs: simpleTtlMs(settings["auth-token-ttl"]) };
  if (kind !== "jwt") throw new UsageError(`"${setting.value}" is neither simple nor jwt,... (${setting.origin}).`);
  return jwtSettings(setting, parts);
}

function jwtSettings(setting: Setting, parts: readonly string[]): TokenSettings {
  const known = new Set(["pub-key", "priv-key", "sign-method", "ttl"]);
  const given = new Map<string, string>();
  for (const part of parts) {
    const [name = "", value] = part.split("=", 2);
    if (!known.has(name) || value === undefined || value === "" || given.has(name)) {
      const all = [...known].join(", ");
      throw new UsageError(`"${part}" is not one of ${all}, each given once as name=value (${setting.origin}).`);
    }
    given.set(name, value);
  }
  const algorithm = given.get("sign-method") ?? "";
  if (!isJwtAlgorithm(algorithm)) {
    throw new UsageError(`sign-method=${algorithm} is none of ${jwtAlgorithms.join(", ")} (${setting.origin}).`);
  }
  const privateKeyFile = given.get("priv-key");
  const publicKeyFile = given.get("pub-key");
  const needed = algorithm.startsWith("HS") ? privateKeyFile : publicKeyFile;
  if (needed === undefined) {
    const name = algorithm.startsWith("HS") ? "priv-key, the file of the secret," : "pub-key";
    throw new UsageError(`${name} is needed for ${algorithm} (${setting.origin}).`);
  }
  const ttl = given.get("ttl");
  const ttlMs = ttl === undefined ? defaultJwtTtlMs : parseDuration(ttl);
  if (ttlMs === undefined || ttlMs < 1000) {
    throw new UsageError(`ttl=${ttl} is not a time such as 5m, of a second or more (${setting.origin}).`);
  }
  return { kind: "jwt", algorithm, privateKeyFile, publicKeyFile, ttlMs };
}

function simpleTtlMs(setting: Setting | undefined): number {
  return 1000 * wholeNumber(setting, 300, 1, 10 * 365 * 24 * 60 * 60);
}

export function bcryptCost(settings: Settings): number {
  return wholeNumber(settings["bcrypt-cost"], bcryptCosts.usual, bcryptCosts.least, bcryptCosts.most);
}

function wholeNumber(setting: Setting | undefined, otherwise: number, least: number, most: number): number {
  if (setting === undefined) return otherwise;
  const value = Number(setting.value);
  if (/^\d+$/.test(setting.value.trim()) && value >= least && value <= most) return value;
  throw new UsageError(`"${setting.value}" is not a whole number between ${least} and ${most} (${setting.origin}).`);
}

/** Reads the keys. Fails with `FailureError`. */
export async function loadAuthOptions(
  options: Pick<ServeOptions, "token" | "bcryptCost" | "membersAreOpen">,
): Promise<AuthOptions> {
  const { token, bcryptCost, membersAreOpen } = options;
  if (token.kind === "simple") return { token, bcryptCost, membersAreOpen };
  const [privateKey, publicKey] = await Promise.all([keyOf(token.privateKeyFile), keyOf(token.publicKeyFile)]);
  const { algorithm, ttlMs } = token;
  return { token: { kind: "jwt", algorithm, ttlMs, privateKey, publicKey }, bcryptCost, membersAreOpen };
}

async function keyOf(path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path);
  } catch (cause) {
    throw new FailureError(`The key ${path} of --auth-token cannot be read: ${(cause as Error).message}.`, { cause });
  }
}
