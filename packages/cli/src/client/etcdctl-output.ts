import type { DescField, DescMessage, DescOneof, Message, MessageShape } from "@bufbuild/protobuf";
import { hexOfBytes, textOfBytes } from "./text-and-bytes.ts";

// etcdctl's own formats, for scripts that read them. Its JSON is what Go's encoder makes of the messages: names as in the
// proto files, zero values left out, bytes in base64, every number as digits however large, and a choice ("oneof") as an
// object in an object, both named in Go's way.

export function etcdctlJson<Schema extends DescMessage>(schema: Schema, message: MessageShape<Schema>): string {
  return messageJson(schema, message);
}

/** One line for each field, under Go's name of it, zero values too. */
export function fieldLines<Schema extends DescMessage>(schema: Schema, message: MessageShape<Schema>): string {
  return `${linesOf(schema, message).join("\n")}\n`;
}

function messageJson(schema: DescMessage, message: Message): string {
  const members = schema.members.flatMap((member) =>
    member.kind === "oneof" ? choiceJson(member, message) : fieldJson(member, valueOf(member, message)),
  );
  return `{${members.join(",")}}`;
}

function choiceJson(oneof: DescOneof, message: Message): readonly string[] {
  const chosen = (message as unknown as Record<string, { case?: string; value?: unknown }>)[oneof.localName];
  const field = oneof.fields.find(({ localName }) => localName === chosen?.case);
  if (field === undefined || chosen === undefined) return [];
  return [`"${goName(oneof.name)}":{"${goName(field.name)}":${valueJson(field, chosen.value)}}`];
}

function fieldJson(field: DescField, value: unknown): readonly string[] {
  if (field.fieldKind === "list") {
    const items = value as readonly unknown[];
    return items.length === 0 ? [] : [`"${field.name}":[${items.map((item) => valueJson(field, item)).join(",")}]`];
  }
  return isZero(value) ? [] : [`"${field.name}":${valueJson(field, value)}`];
}

function valueJson(field: DescField, value: unknown): string {
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString("base64")}"`;
  if (field.message !== undefined) return messageJson(field.message, value as Message);
  return typeof value === "bigint" ? value.toString() : JSON.stringify(value);
}

function linesOf(schema: DescMessage, message: Message): readonly string[] {
  return schema.members.flatMap((member) => {
    if (member.kind === "oneof") return [];
    const value = valueOf(member, message);
    const values = member.fieldKind === "list" ? (value as readonly unknown[]) : [value];
    return values.flatMap((one) => {
      if (member.message !== undefined) return one === undefined ? [] : linesOf(member.message, one as Message);
      return [`"${goName(member.name)}" : ${one instanceof Uint8Array ? quoted(one) : plain(one)}`];
    });
  });
}

function valueOf(field: DescField, message: Message): unknown {
  return (message as unknown as Record<string, unknown>)[field.localName];
}

function plain(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function quoted(bytes: Uint8Array): string {
  const text = textOfBytes(bytes);
  return text === undefined ? `"${hexOfBytes(bytes).replaceAll(/../g, String.raw`\x$&`)}"` : JSON.stringify(text);
}

function isZero(value: unknown): boolean {
  return (
    value === undefined ||
    value === 0 ||
    value === 0n ||
    value === false ||
    value === "" ||
    (value instanceof Uint8Array && value.length === 0)
  );
}

/** "cluster_id" as "ClusterID", "memberID" as "MemberID", "prev_kv" as "PrevKv". */
function goName(name: string): string {
  const words = name.split("_").map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`);
  return words.map((word) => (word === "Id" ? "ID" : word)).join("");
}
