import type { Report } from "@quorate/doctor";
import { signal } from "@preact/signals";
import { readLogs, type LogInput } from "./read-logs.ts";

/** How far the doctor is with the logs that it was given last. */
export type Consultation =
  | { readonly kind: "none" }
  | { readonly kind: "reading"; readonly bytes: number; readonly totalBytes: number }
  | { readonly kind: "done"; readonly report: Report }
  | { readonly kind: "failed"; readonly why: string };

/** Kept while the page is open: who follows a link to a comparison finds the report again when back. */
export const consultation = signal<Consultation>({ kind: "none" });

/** Fewer than the doctor keeps elsewhere, so that what is made of them at the end is made in a moment. */
const mostNotes = 30_000;

let current = new AbortController();

/** Reads these logs, in place of others that are still being read. The doctor's code is loaded with the first of them. */
export async function consult(inputs: readonly LogInput[]): Promise<void> {
  if (inputs.length === 0) return;
  current.abort();
  const mine = new AbortController();
  current = mine;
  const totalBytes = inputs.reduce((sum, { content }) => sum + content.size, 0);
  const advanced = (bytes: number): void => {
    if (!mine.signal.aborted) consultation.value = { kind: "reading", bytes, totalBytes };
  };
  advanced(0);
  try {
    const { Examination } = await import("@quorate/doctor");
    const decoder = new TextDecoder();
    const examination = new Examination({ decode: (bytes) => decoder.decode(bytes), mostNotes });
    await readLogs(examination, inputs, { advanced, signal: mine.signal });
    mine.signal.throwIfAborted();
    consultation.value = { kind: "done", report: examination.report() };
  } catch (error) {
    if (mine.signal.aborted) return;
    consultation.value = { kind: "failed", why: (error as Error).message };
  }
}

/** Ends what is being read. */
export function stopConsultation(): void {
  current.abort();
  consultation.value = { kind: "none" };
}
