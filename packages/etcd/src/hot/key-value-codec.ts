import type { KeyValue } from "@quorate/store";
import { bigIntFieldSize, bytesFieldSize, numberFieldSize, type WireWriter } from "./wire-writer.ts";

export function keyValueSize(item: KeyValue): number {
  return (
    bytesFieldSize(item.key) +
    numberFieldSize(item.createRevision) +
    numberFieldSize(item.modRevision) +
    numberFieldSize(item.version) +
    bytesFieldSize(item.value) +
    bigIntFieldSize(item.lease)
  );
}

export function writeKeyValue(writer: WireWriter, item: KeyValue): void {
  writer.bytesField(1, item.key);
  writer.numberField(2, item.createRevision);
  writer.numberField(3, item.modRevision);
  writer.numberField(4, item.version);
  writer.bytesField(5, item.value);
  writer.bigIntField(6, item.lease);
}
