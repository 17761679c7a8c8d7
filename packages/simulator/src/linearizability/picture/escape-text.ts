const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text for XML and HTML. What these cannot hold (control characters but line ends, halves of pairs) is replaced. */
export function escapeText(text: string): string {
  return text
    .replace(/[&<>"]/g, (char) => entities[char] as string)
    .replace(/(?!\n)[\p{Cc}\p{Cs}\ufffe\uffff]/gu, "\ufffd");
}
