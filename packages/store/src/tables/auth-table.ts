import { readFlag, readPermission, readText, writePermission, writeText } from "../auth/auth-command-codec.ts";
import type { AuthRole, AuthUser } from "../auth/auth-data.ts";
import { AuthState, type AuthHead } from "../auth/auth-state.ts";
import type { ByteReader } from "../byte-reader.ts";
import type { ByteWriter } from "../byte-writer.ts";
import type { EngineRecord, EngineWrite } from "../engine.ts";
import { FormatError } from "../errors.ts";
import { prefixes } from "../key-space.ts";
import { seal, unseal } from "../records.ts";
import { utf8Of } from "../utf8.ts";
import { TableChanges } from "./table-changes.ts";
import type { Table, TableKind } from "./table.ts";

/** The second byte of an engine key: one head, users and roles by name. */
const parts = { head: 0x68, role: 0x72, user: 0x75 } as const;

type AuthRecord =
  | { readonly part: "head"; readonly name: ""; readonly head: AuthHead }
  | { readonly part: "user"; readonly name: string; readonly user: AuthUser | undefined }
  | { readonly part: "role"; readonly name: string; readonly role: AuthRole | undefined };

export const authKind: TableKind = {
  name: "auth",
  prefix: prefixes.auth,
  check: (record) => void unsealRecord(record),
};

/** Users, roles and permissions as records of the engine. */
export class AuthTable implements Table {
  readonly kind = authKind;
  readonly #changes = new TableChanges<string, AuthRecord>((_, record) => writeOf(record as AuthRecord));
  readonly state = new AuthState({
    head: (head) => this.#changed({ part: "head", name: "", head }),
    user: (name, user) => this.#changed({ part: "user", name, user }),
    role: (name, role) => this.#changed({ part: "role", name, role }),
  });

  get changedBytes(): number {
    return this.#changes.bytes;
  }

  load(record: EngineRecord): void {
    const found = unsealRecord(record);
    if (found.part === "head") this.state.restoreHead(found.head);
    else if (found.part === "user") this.state.restoreUser(found.user as AuthUser);
    else this.state.restoreRole(found.role as AuthRole);
  }

  takeChanged(): Iterable<EngineWrite> {
    return this.#changes.take();
  }

  #changed(record: AuthRecord): void {
    this.#changes.set(`${record.part} ${record.name}`, record);
  }
}

function writeOf(record: AuthRecord): EngineWrite {
  const name = utf8Of(record.name);
  const key = new Uint8Array(2 + name.length);
  key[0] = prefixes.auth;
  key[1] = parts[record.part];
  key.set(name, 2);
  if (record.part === "head") return { key, value: seal(key, (into) => writeHead(into, record.head)) };
  if (record.part === "user") {
    const { user } = record;
    return { key, value: user === undefined ? undefined : seal(key, (into) => writeUser(into, user)) };
  }
  const { role } = record;
  return { key, value: role === undefined ? undefined : seal(key, (into) => writeRole(into, role)) };
}

/** Throws `DamagedRecordError`. */
function unsealRecord({ key, value }: EngineRecord): AuthRecord {
  return unseal("auth", key, value, (reader): AuthRecord => {
    switch (key[1]) {
      case parts.head:
        return { part: "head", name: "", head: readHead(reader) };
      case parts.user: {
        const user = readUser(reader);
        return { part: "user", name: user.name, user };
      }
      case parts.role: {
        const role = readRole(reader);
        return { part: "role", name: role.name, role };
      }
      case undefined:
      default:
        throw new FormatError(`an auth record of the unknown part ${key[1]}`);
    }
  });
}

function writeHead(into: ByteWriter, { isEnabled, revision, tokenSecret }: AuthHead): void {
  into.byte(isEnabled ? 1 : 0);
  into.varint(revision);
  into.sizedBytes(tokenSecret);
}

function readHead(reader: ByteReader): AuthHead {
  return { isEnabled: readFlag(reader), revision: reader.varint(), tokenSecret: reader.sizedBytes().slice() };
}

function writeUser(into: ByteWriter, user: AuthUser): void {
  writeText(into, user.name);
  writeText(into, user.passwordHash);
  into.byte(user.hasNoPassword ? 1 : 0);
  into.varint(user.credentialRevision);
  into.varint(user.roles.length);
  for (const role of user.roles) writeText(into, role);
}

function readUser(reader: ByteReader): AuthUser {
  const name = readText(reader);
  const passwordHash = readText(reader);
  const hasNoPassword = readFlag(reader);
  const credentialRevision = reader.varint();
  const roles: string[] = [];
  for (let left = reader.varint(); left > 0; left--) roles.push(readText(reader));
  return { name, passwordHash, hasNoPassword, roles, credentialRevision };
}

function writeRole(into: ByteWriter, { name, permissions }: AuthRole): void {
  writeText(into, name);
  into.varint(permissions.length);
  for (const permission of permissions) writePermission(into, permission);
}

function readRole(reader: ByteReader): AuthRole {
  const name = readText(reader);
  const permissions: AuthRole["permissions"][number][] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const { kind, range } = readPermission(reader);
    permissions.push({ kind, range: { key: range.key.slice(), end: range.end?.slice() } });
  }
  return { name, permissions };
}
