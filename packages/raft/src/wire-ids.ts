/** So many incarnations one after the other, at least, start their numbers elsewhere. */
const incarnationsApart = 2 ** 20;
const idsPerIncarnation = 2 ** 32;

/**
 * Where an incarnation begins to number what it sends and wants answered: its 4,294,967,296 numbers are not those of the
 * incarnation before, so that a late answer to that one is nobody's (pitfall B84). All are below 2^52.
 */
export function firstWireId(incarnation: number): number {
  return Math.max(1, (incarnation % incarnationsApart) * idsPerIncarnation);
}
