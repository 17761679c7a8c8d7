/** Chunks below this size are cheaper to copy together than to hand to the network one by one. */
const smallBytes = 4096;

/** A run of small chunks is joined into buffers of at most about this size. */
const joinedBytes = 256 * 1024;

/** The same bytes in fewer chunks: neighbours that are small become one buffer, and what is large stays as it is. */
export function gatherSmallChunks(chunks: readonly Uint8Array[]): readonly Uint8Array[] {
  if (chunks.length < 2) return chunks;
  const gathered: Uint8Array[] = [];
  let from = 0;
  let bytes = 0;
  const endRun = (to: number): void => {
    if (to > from) gathered.push(join(chunks, from, to, bytes));
    bytes = 0;
  };
  for (let at = 0; at < chunks.length; at++) {
    const chunk = chunks[at] as Uint8Array;
    if (chunk.length >= smallBytes) {
      endRun(at);
      gathered.push(chunk);
      from = at + 1;
    } else if (bytes + chunk.length > joinedBytes) {
      endRun(at);
      from = at;
      bytes = chunk.length;
    } else {
      bytes += chunk.length;
    }
  }
  endRun(chunks.length);
  return gathered;
}

function join(chunks: readonly Uint8Array[], from: number, to: number, bytes: number): Uint8Array {
  if (to === from + 1) return chunks[from] as Uint8Array;
  const joined = new Uint8Array(bytes);
  let filled = 0;
  for (let at = from; at < to; at++) {
    const chunk = chunks[at] as Uint8Array;
    joined.set(chunk, filled);
    filled += chunk.length;
  }
  return joined;
}
