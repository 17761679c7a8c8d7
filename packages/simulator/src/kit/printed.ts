/** Longer values are cut for people. */
const shownLength = 160;

/** Equal values have the same text: JSON, in which bytes, maps, sets and numbers that JSON has not are told apart. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, replaced) ?? "nothing";
}

/** The same for people, cut where it is long. */
export function shown(value: unknown): string {
  const text = textOf(value);
  return text.length <= shownLength ? text : `${text.slice(0, shownLength)}...`;
}

function replaced(_: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: hexOf(value) };
  if (value instanceof Map) return { map: [...value] };
  if (value instanceof Set) return { set: [...value] };
  if (value instanceof Error) return { error: value.message };
  if (typeof value === "bigint") return { bigint: String(value) };
  if (typeof value === "number" && !Number.isFinite(value)) return { number: String(value) };
  return value;
}

/** Two digits for each byte. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
