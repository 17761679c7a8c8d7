import { DamagedRecordError } from "../errors.ts";
import { itemTypes, type TransferItem } from "./items.ts";
import { invalidTransfer } from "./transfer-codec.ts";

/** Sections in their order; an item of an earlier one than the item before it is out of place. */
const ranks = new Map<TransferItem["type"], number>(Object.values(itemTypes).map((type, rank) => [type, rank]));

/** Throws `HostError` `invalid` unless an item of this type may follow. */
export function checkOrder(last: TransferItem["type"] | undefined, type: TransferItem["type"]): void {
  const lastRank = last === undefined ? -1 : (ranks.get(last) ?? -1);
  const rank = ranks.get(type) ?? -1;
  const isOnce = type === itemTypes.unversioned || type === itemTypes.end;
  const isOpened = type !== itemTypes.record || last === itemTypes.unversioned || last === itemTypes.record;
  const isOver = last === itemTypes.end;
  if (rank < lastRank || (rank === lastRank && isOnce) || !isOpened || isOver) {
    throw invalidTransfer(`an item of type ${type} follows one of type ${last}`);
  }
}

/** What `check` gives. Throws `HostError` `invalid`: damage to what another member sends is not damage to this state. */
export function received<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof DamagedRecordError)) throw error;
    throw invalidTransfer(error.message, { cause: error });
  }
}

/** Whether a change is the next one of a journal: of the same revision, or the first one of the next. */
export function followsInJournal(
  before: { readonly revision: number; readonly number: number | undefined },
  { revision, number }: { readonly revision: number; readonly number: number },
): boolean {
  if (revision === before.revision) return before.number !== undefined && number === before.number + 1;
  return revision === before.revision + 1 && number === 0;
}
