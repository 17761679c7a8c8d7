import type { ByteReader } from "../byte-reader.ts";
import type { ByteWriter } from "../byte-writer.ts";
import { FormatError } from "../errors.ts";
import type { KeyRange } from "../operations.ts";
import { textOfUtf8, utf8Of } from "../utf8.ts";
import { permissionKinds, type AuthCommand, type Permission } from "./auth-data.ts";

/** The bytes that open commands on users and roles, as the log holds them. They stay as they are for ever. */
const tags = {
  "auth-enable": 0x40,
  "auth-disable": 0x41,
  "user-add": 0x42,
  "user-delete": 0x43,
  "user-change-password": 0x44,
  "user-grant-role": 0x45,
  "user-revoke-role": 0x46,
  "role-add": 0x47,
  "role-delete": 0x48,
  "role-grant-permission": 0x49,
  "role-revoke-permission": 0x4a,
} as const satisfies Record<AuthCommand["type"], number>;

const types = new Map(Object.entries(tags).map(([type, tag]) => [tag as number, type as AuthCommand["type"]]));

export function isAuthCommand(command: { readonly type: string }): command is AuthCommand {
  return command.type in tags;
}

export function isAuthTag(tag: number): boolean {
  return types.has(tag);
}

export function writeAuthCommand(writer: ByteWriter, command: AuthCommand): void {
  writer.byte(tags[command.type]);
  switch (command.type) {
    case "auth-enable":
      return writer.sizedBytes(command.tokenSecret);
    case "auth-disable":
      return;
    case "user-add":
      writeText(writer, command.name);
      writeText(writer, command.passwordHash);
      return writer.byte(command.hasNoPassword ? 1 : 0);
    case "user-change-password":
      writeText(writer, command.name);
      return writeText(writer, command.passwordHash);
    case "user-grant-role":
    case "user-revoke-role":
      writeText(writer, command.name);
      return writeText(writer, command.role);
    case "user-delete":
    case "role-add":
    case "role-delete":
      return writeText(writer, command.name);
    case "role-grant-permission":
      writeText(writer, command.name);
      return writePermission(writer, command.permission);
    case "role-revoke-permission":
      writeText(writer, command.name);
      return writeRange(writer, command.range);
  }
}

/** Reads what follows `tag`. Throws `FormatError`. */
export function readAuthCommand(reader: ByteReader, tag: number): AuthCommand {
  const type = types.get(tag);
  switch (type) {
    case "auth-enable":
      return { type, tokenSecret: reader.sizedBytes() };
    case "auth-disable":
      return { type };
    case "user-add":
      return { type, name: readText(reader), passwordHash: readText(reader), hasNoPassword: readFlag(reader) };
    case "user-change-password":
      return { type, name: readText(reader), passwordHash: readText(reader) };
    case "user-grant-role":
    case "user-revoke-role":
      return { type, name: readText(reader), role: readText(reader) };
    case "user-delete":
    case "role-add":
    case "role-delete":
      return { type, name: readText(reader) };
    case "role-grant-permission":
      return { type, name: readText(reader), permission: readPermission(reader) };
    case "role-revoke-permission":
      return { type, name: readText(reader), range: readRange(reader) };
    case undefined:
      throw new FormatError(`unknown kind ${tag} of a command on users or roles`);
  }
}

export function writeText(writer: ByteWriter, text: string): void {
  writer.sizedBytes(utf8Of(text));
}

export function readText(reader: ByteReader): string {
  return textOfUtf8(reader.sizedBytes());
}

export function writePermission(writer: ByteWriter, { kind, range }: Permission): void {
  writer.byte(permissionKinds.indexOf(kind));
  writeRange(writer, range);
}

/** Its byte strings are views. */
export function readPermission(reader: ByteReader): Permission {
  const code = reader.byte();
  const kind = permissionKinds[code];
  if (kind === undefined) throw new FormatError(`unknown kind ${code} of a permission`);
  return { kind, range: readRange(reader) };
}

function writeRange(writer: ByteWriter, { key, end }: KeyRange): void {
  writer.sizedBytes(key);
  writer.byte(end === undefined ? 0 : 1);
  if (end !== undefined) writer.sizedBytes(end);
}

function readRange(reader: ByteReader): KeyRange {
  const key = reader.sizedBytes();
  return { key, end: readFlag(reader) ? reader.sizedBytes() : undefined };
}

export function readFlag(reader: ByteReader): boolean {
  const flag = reader.byte();
  if (flag > 1) throw new FormatError(`unknown flag ${flag}`);
  return flag === 1;
}
