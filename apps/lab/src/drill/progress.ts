import { signal } from "@preact/signals";

const key = "quorate-lab-drill";

/** Which questions were answered, and with which option; kept in this browser and nowhere else. */
export const answers = signal<Readonly<Record<string, number>>>(read());

export function answerQuestion(name: string, option: number): void {
  answers.value = { ...answers.value, [name]: option };
  write();
}

export function forgetAnswers(): void {
  answers.value = {};
  write();
}

function read(): Readonly<Record<string, number>> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    if (typeof kept !== "object" || kept === null) return {};
    return Object.fromEntries(Object.entries(kept).filter((one): one is [string, number] => Number.isInteger(one[1])));
  } catch {
    // A browser may keep nothing, or something else may have written there.
    return {};
  }
}

function write(): void {
  try {
    localStorage.setItem(key, JSON.stringify(answers.value));
  } catch {
    // Then it lasts as long as the page.
  }
}
