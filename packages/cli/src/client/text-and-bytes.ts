import { UsageError } from "../errors.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** A key or value from the command line: text, or with `hex` its bytes in hexadecimal. Fails with `UsageError`. */
export function bytesOfArgument(text: string, hex: boolean): Uint8Array {
  if (!hex) return new TextEncoder().encode(text);
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text))
    throw new UsageError(`"${text}" is not an even number of hexadecimal digits.`);
  return Uint8Array.from(Buffer.from(text, "hex"));
}

/** The text that bytes encode in UTF-8; undefined when they encode none. */
export function textOfBytes(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

export function hexOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/**
 * The end of the range of all keys that begin with `prefix`: the prefix with its last byte that is not 0xff raised by
 * one; a single zero byte, etcd's sign for "to the end", where there is none.
 */
export function endOfPrefix(prefix: Uint8Array): Uint8Array {
  for (let index = prefix.length - 1; index >= 0; index -= 1) {
    const byte = prefix[index] ?? 0xff;
    if (byte === 0xff) continue;
    // Not by "slice": a Buffer's shares its bytes.
    const end = Uint8Array.from(prefix.subarray(0, index + 1));
    end[index] = byte + 1;
    return end;
  }
  return new Uint8Array(1);
}
