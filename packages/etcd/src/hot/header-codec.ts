import { numberFieldSize, type WireWriter } from "./wire-writer.ts";

/** ResponseHeader's fields, as numbers. */
export interface HeaderFields {
  readonly clusterId: number;
  readonly memberId: number;
  readonly revision: number;
  readonly raftTerm: number;
}

export function headerSize({ clusterId, memberId, revision, raftTerm }: HeaderFields): number {
  return numberFieldSize(clusterId) + numberFieldSize(memberId) + numberFieldSize(revision) + numberFieldSize(raftTerm);
}

export function writeHeader(writer: WireWriter, header: HeaderFields): void {
  writer.numberField(1, header.clusterId);
  writer.numberField(2, header.memberId);
  writer.numberField(3, header.revision);
  writer.numberField(4, header.raftTerm);
}
