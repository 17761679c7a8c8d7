import type { DescEnum } from "@bufbuild/protobuf";

/** As the proto file calls it; a number that it does not know, of a newer server, stays one. */
export function enumName(schema: DescEnum, value: number): string {
  return schema.value[value]?.name ?? String(value);
}
