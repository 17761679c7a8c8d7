import type { LinkState } from "../world/tape.ts";

/** How a link is, in a word or two; undefined where it is as it was at first. */
export function linkText(link: LinkState | undefined, usual: LinkState): string | undefined {
  if (link === undefined) return undefined;
  if (link.isBlocked) return "cut";
  const parts: string[] = [];
  if (link.delayMs !== usual.delayMs || link.jitterMs !== usual.jitterMs) {
    // What is a tenth of the delay, or less, is not worth a word.
    const more = link.jitterMs > link.delayMs / 10 ? ` + ${Math.round(link.jitterMs)}` : "";
    parts.push(`${Math.round(link.delayMs)}${more} ms`);
  }
  if (link.loss > 0) parts.push(`${percent(link.loss)} lost`);
  if (link.duplicates > 0) parts.push(`${percent(link.duplicates)} twice`);
  return parts.join(", ");
}

/** What it is, for a pattern of its line and a sign in the matrix. */
export function linkKind(
  link: LinkState | undefined,
  usual: LinkState,
): "works" | "cut" | "slow" | "lossy" | "slow-lossy" | "repeats" {
  if (link === undefined) return "works";
  if (link.isBlocked) return "cut";
  const isSlow = link.delayMs > usual.delayMs || link.jitterMs > usual.jitterMs;
  const isLossy = link.loss > 0;
  if (isSlow && isLossy) return "slow-lossy";
  if (isSlow) return "slow";
  if (isLossy) return "lossy";
  return link.duplicates > 0 ? "repeats" : "works";
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
