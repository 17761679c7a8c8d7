import { readFileSync } from "node:fs";
import { FailureError, UsageError } from "../errors.ts";
import { askForPassword } from "./ask-for-password.ts";

/** What lets a client in: how it proves who it is, and how it knows whom it speaks to. */
export interface Access {
  /** Undefined: TLS only with endpoints that say https://, and then with the machine's own authorities. */
  readonly tls: TlsFiles | undefined;
  readonly user: UserPassword | undefined;
}

export interface UserPassword {
  readonly name: string;
  readonly password: string;
}

/** Contents of PEM files. */
export interface TlsFiles {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
  /** The server's certificate is taken as it comes. */
  readonly trustAnyServer: boolean;
}

export interface AccessFlags {
  readonly user?: string;
  readonly password?: string;
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecureSkipTlsVerify?: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

export const openAccess: Access = { tls: undefined, user: undefined };

/** From the flags, else QUORATE_USER and so on, else ETCDCTL_USER and so on. Asks at the terminal for a password. */
export async function readAccess(flags: AccessFlags, environment: Environment): Promise<Access> {
  const setting = (name: string, flag: string | undefined) =>
    flag ?? (environment[`QUORATE_${name}`] || environment[`ETCDCTL_${name}`] || undefined);
  const cert = setting("CERT", flags.cert);
  const key = setting("KEY", flags.key);
  if ((cert === undefined) !== (key === undefined)) throw new UsageError("--cert and --key are given together.");
  const ca = setting("CACERT", flags.cacert);
  const trustAnyServer = flags.insecureSkipTlsVerify === true;
  const tls =
    ca === undefined && cert === undefined && !trustAnyServer
      ? undefined
      : { ca: readPem(ca, "--cacert"), cert: readPem(cert, "--cert"), key: readPem(key, "--key"), trustAnyServer };
  const user = setting("USER", flags.user);
  return { tls, user: user === undefined ? undefined : await readUser(user, setting("PASSWORD", flags.password)) };
}

/** As etcdctl: "name:password", or the password apart; the name may then hold colons. */
async function readUser(user: string, password: string | undefined): Promise<UserPassword> {
  if (password !== undefined) return { name: user, password };
  const colon = user.indexOf(":");
  if (colon >= 0) return { name: user.slice(0, colon), password: user.slice(colon + 1) };
  return { name: user, password: await askForPassword(`Password of ${user}: `, "--password or QUORATE_PASSWORD") };
}

function readPem(path: string | undefined, flag: string): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    throw new FailureError(`${flag}: ${(error as Error).message}.`, { cause: error });
  }
}
