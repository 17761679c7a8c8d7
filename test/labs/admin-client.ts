import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { admin } from "../../packages/etcd/src/index.ts";
import type { Calls, Method } from "../../packages/cli/src/client/calls.ts";
import { openCalls } from "../../packages/cli/src/client/calls.ts";

type DescribeInit = MessageInitShape<typeof admin.DescribeRequestSchema>;
type ChangeInit = MessageInitShape<typeof admin.ChangeRequestSchema>;
export type Description = admin.DescribeResponse;
export type Operation = Exclude<ChangeInit["operation"], undefined>;

const describe: Method<DescribeInit, admin.DescribeResponse> = {
  path: "/quorate.v1.Admin/Describe",
  readOnly: true,
  encode: (request) => toBinary(admin.DescribeRequestSchema, create(admin.DescribeRequestSchema, request)),
  decode: (bytes) => fromBinary(admin.DescribeResponseSchema, bytes),
};
const change: Method<ChangeInit, admin.ChangeResponse> = {
  path: "/quorate.v1.Admin/Change",
  readOnly: false,
  encode: (request) => toBinary(admin.ChangeRequestSchema, create(admin.ChangeRequestSchema, request)),
  decode: (bytes) => fromBinary(admin.ChangeResponseSchema, bytes),
};

/** The Admin service of one member. */
export class AdminClient {
  readonly #calls: Calls;

  constructor(endpoint: string, timeoutMs = 10_000) {
    this.#calls = openCalls([endpoint], timeoutMs);
  }

  describe(): Promise<Description> {
    return this.#calls.call(describe, {});
  }

  change(operation: Operation): Promise<admin.ChangeResponse> {
    return this.#calls.call(change, { operation });
  }

  close(): void {
    this.#calls.close();
  }
}
