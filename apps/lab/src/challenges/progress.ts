import { signal } from "@preact/signals";

const key = "quorate-lab-challenges";

/** The solved challenges, each with the moment of its solution as links carry it; kept in this browser and nowhere else. */
export const solved = signal<Readonly<Record<string, string>>>(read());

export function keepSolution(name: string, moment: string): void {
  if (solved.value[name] !== undefined) return;
  solved.value = { ...solved.value, [name]: moment };
  write();
}

export function forgetSolutions(): void {
  solved.value = {};
  write();
}

function read(): Readonly<Record<string, string>> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    if (typeof kept !== "object" || kept === null) return {};
    return Object.fromEntries(
      Object.entries(kept).filter((one): one is [string, string] => /^[\w-]{1,20000}$/.test(String(one[1]))),
    );
  } catch {
    // A browser may keep nothing, or something else may have written there.
    return {};
  }
}

function write(): void {
  try {
    localStorage.setItem(key, JSON.stringify(solved.value));
  } catch {
    // Then it lasts as long as the page.
  }
}
