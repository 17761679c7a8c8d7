/** One line that is written over on a terminal, or a new one every ten seconds elsewhere. */
export function progressLine() {
  const terminal = process.stderr.isTTY;
  let shown = false;
  let next = Date.now() + 10_000;
  return {
    show(text: string) {
      if (terminal) process.stderr.write(`\r\u001b[K${text}`);
      else if (Date.now() >= next) {
        next = Date.now() + 10_000;
        process.stderr.write(`${text}\n`);
      }
      shown = terminal;
    },
    clear() {
      if (shown) process.stderr.write("\r\u001b[K");
      shown = false;
    },
  };
}
