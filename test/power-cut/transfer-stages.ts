import type { StoreCommand } from "@quorate/store";

/** What one transfer brings: these commands, as an increment or as a whole state. */
export interface TransferStage {
  readonly commands: readonly StoreCommand[];
  readonly asIncrement: boolean;
}

const publish = (name: string): StoreCommand => ({ type: "publish-member", member: 1, name, clientUrls: [] });

export const transferStages: readonly TransferStage[] = [
  { commands: [...setKeys(0, 900, "one"), publish("first")], asIncrement: false },
  { commands: [...setKeys(100, 250, "two"), removeKeys(300, 380), publish("second")], asIncrement: true },
  { commands: [...setKeys(500, 1100, "three"), removeKeys(0, 50)], asIncrement: false },
];

/** What comes after all of them. */
export const afterwards: readonly StoreCommand[] = [...setKeys(50, 120, "four"), removeKeys(700, 800)];

function keyOf(number: number): Uint8Array {
  return new TextEncoder().encode(`key ${String(number).padStart(6, "0")}`);
}

/** Puts of the keys in [from, to), each of about 300 bytes. */
function setKeys(from: number, to: number, text: string): StoreCommand[] {
  return Array.from({ length: to - from }, (_, at) => ({
    type: "put",
    key: keyOf(from + at),
    value: new TextEncoder().encode(`${text} ${at} `.repeat(30)),
    lease: 0n,
    previous: false,
    ignoreValue: false,
    ignoreLease: false,
  }));
}

function removeKeys(from: number, to: number): StoreCommand {
  return { type: "delete-range", range: { key: keyOf(from), end: keyOf(to) }, previous: false };
}
