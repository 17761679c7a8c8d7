import { UsageError } from "../errors.ts";

/** A lease as every tool writes it: its id in hexadecimal. Fails with `UsageError`. */
export function parseLeaseId(text: string): bigint {
  if (!/^[0-9a-fA-F]{1,16}$/.test(text)) throw new UsageError(`"${text}" is no lease: an id in hexadecimal is needed.`);
  return BigInt.asIntN(64, BigInt(`0x${text}`));
}

export function leaseText(id: bigint): string {
  return BigInt.asUintN(64, id).toString(16).padStart(16, "0");
}
