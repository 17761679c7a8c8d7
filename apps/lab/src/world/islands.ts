/** All members, apart as these groups say: who is named in none of them is in one with the others like it. */
export function islandsOf(
  members: readonly number[],
  groups: readonly (readonly number[])[],
): readonly (readonly number[])[] {
  const rest = members.filter((id) => !groups.some((group) => group.includes(id)));
  const named = groups.map((group) => group.filter((id) => members.includes(id)));
  return [...named, rest].filter((island) => island.length > 0);
}

/** Groups between which nothing gets through in either direction: one where the network is whole. */
export function connectedGroups(
  members: readonly number[],
  isCut: (from: number, to: number) => boolean,
): readonly (readonly number[])[] {
  const left = new Set(members);
  const groups: number[][] = [];
  for (const first of members) {
    if (!left.delete(first)) continue;
    const group = [first];
    // Grows while it is gone through.
    for (const one of group) {
      for (const other of left) {
        if (isCut(one, other) && isCut(other, one)) continue;
        left.delete(other);
        group.push(other);
      }
    }
    groups.push(group.sort((one, other) => one - other));
  }
  return groups;
}
