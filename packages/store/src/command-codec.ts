import { readAlarmCommand, writeAlarmCommand } from "./alarm-operations.ts";
import { isAuthCommand, isAuthTag, readAuthCommand, writeAuthCommand } from "./auth/auth-command-codec.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { FormatError } from "./errors.ts";
import { readLeaseCommand, writeLeaseCommand } from "./lease-codec.ts";
import { readOperation, readTags, writeDeleteRange, writePut, writeTxn } from "./operation-codec.ts";
import type { PlainCommand, StoreCommand } from "./operations.ts";
import { textOfUtf8, utf8Of } from "./utf8.ts";

/**
 * Commands as the log holds them. The first byte says the kind *and* its version: a changed form gets a new number, and
 * the old numbers are read for ever (`test/command-codec.test.ts` keeps their bytes).
 */
const publishMemberTag = 0x10;
const compactTag = 0x28;
const byUserTag = 0x60;
const byMemberTag = 0x61;
const maxClientUrls = 256;

const writer = new ByteWriter();

/**
 * The bytes of a command. Numbers beyond ±(2^53 - 1) are cut to that: no revision gets there, so no comparison changes.
 * Throws `RangeError` for a number that is no integer.
 */
export function encodeCommand(command: StoreCommand): Uint8Array<ArrayBuffer> {
  writer.clear();
  writeCommand(command);
  return writer.take();
}

function writeCommand(command: StoreCommand): void {
  if (isAuthCommand(command)) return writeAuthCommand(writer, command);
  switch (command.type) {
    case "put":
      writePut(writer, command);
      break;
    case "delete-range":
      writeDeleteRange(writer, command);
      break;
    case "txn":
      writeTxn(writer, command, 1);
      break;
    case "lease-grant":
    case "lease-revoke":
    case "lease-expire":
    case "lease-checkpoint":
      writeLeaseCommand(writer, command);
      break;
    case "publish-member":
      writer.byte(publishMemberTag);
      writer.varint(command.member);
      writer.sizedBytes(utf8Of(command.name));
      writer.varint(command.clientUrls.length);
      for (const url of command.clientUrls) writer.sizedBytes(utf8Of(url));
      break;
    case "compact":
      writer.byte(compactTag);
      writer.varint(command.revision);
      break;
    case "alarm-raise":
    case "alarm-disarm":
      writeAlarmCommand(writer, command);
      break;
    case "by-user":
      writer.byte(byUserTag);
      writer.sizedBytes(utf8Of(command.caller.user));
      writer.varint(command.caller.authRevision);
      return writeCommand(command.command);
    case "by-member":
      writer.byte(byMemberTag);
      return writeCommand(command.command);
  }
}

/** The command; its byte strings are views of `bytes`. Throws `FormatError`. */
export function decodeCommand(bytes: Uint8Array): StoreCommand {
  const reader = new ByteReader(bytes);
  const tag = reader.byte();
  const command = readCommand(reader, tag);
  reader.end();
  return command;
}

function readCommand(reader: ByteReader, tag: number): StoreCommand {
  if (tag === byMemberTag) return { type: "by-member", command: readPlain(reader, reader.byte()) };
  if (tag !== byUserTag) return readPlain(reader, tag);
  const caller = { user: textOfUtf8(reader.sizedBytes()), authRevision: reader.varint() };
  return { type: "by-user", caller, command: readPlain(reader, reader.byte()) };
}

function readPlain(reader: ByteReader, tag: number): PlainCommand {
  if (tag === publishMemberTag) return readPublishMember(reader);
  if (tag === compactTag) return { type: "compact", revision: reader.varint() };
  if (isAuthTag(tag)) return readAuthCommand(reader, tag);
  const other = readLeaseCommand(reader, tag) ?? readAlarmCommand(reader, tag);
  if (other !== undefined) return other;
  const operation = readOperation(reader, tag, 1);
  if (operation.type === "range") throw new FormatError(`a range (${readTags.range}) is no command of its own`);
  return operation;
}

function readPublishMember(reader: ByteReader): PlainCommand {
  const member = reader.varint();
  const name = textOfUtf8(reader.sizedBytes());
  const count = reader.varint();
  if (count > maxClientUrls) throw new FormatError(`${count} client URLs: at most ${maxClientUrls}`);
  const clientUrls: string[] = [];
  for (let index = 0; index < count; index++) clientUrls.push(textOfUtf8(reader.sizedBytes()));
  return { type: "publish-member", member, name, clientUrls };
}
