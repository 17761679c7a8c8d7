import { Permission_Type as Type, Permission_TypeSchema, type Permission } from "@quorate/etcd/api";
import { enumName } from "./enum-name.ts";
import { bytesField, shownBytes } from "./print.ts";
import { endOfPrefix } from "./text-and-bytes.ts";

/** As etcdctl lists a role: what may be read, then what may be written. */
export function roleText(role: string, permissions: readonly Permission[]): string {
  const lines = (...types: readonly Type[]) =>
    permissions.filter(({ permType }) => types.includes(permType)).map((one) => `\t${rangeText(one)}\n`);
  const reads = lines(Type.READ, Type.READWRITE).join("");
  const writes = lines(Type.WRITE, Type.READWRITE).join("");
  return `Role ${role}\nKV Read:\n${reads}KV Write:\n${writes}`;
}

export function rangeText({ key, rangeEnd }: Pick<Permission, "key" | "rangeEnd">): string {
  const from = shownBytes(key, false);
  if (rangeEnd.length === 0) return from;
  if (isOpen(rangeEnd)) return `[${isOpen(key) ? "" : from}, <open ended>`;
  const prefix = Buffer.compare(endOfPrefix(key), rangeEnd) === 0 ? ` (prefix ${from})` : "";
  return `[${from}, ${shownBytes(rangeEnd, false)})${prefix}`;
}

export function permissionJson({ permType, key, rangeEnd }: Permission): Record<string, unknown> {
  return {
    type: enumName(Permission_TypeSchema, permType).toLowerCase(),
    ...bytesField("key", key, false),
    ...(rangeEnd.length === 0 ? {} : bytesField("rangeEnd", rangeEnd, false)),
  };
}

/** A single zero byte: etcd's sign for "to the end", and for "from the beginning". */
function isOpen(bytes: Uint8Array): boolean {
  return bytes.length === 1 && bytes[0] === 0;
}
