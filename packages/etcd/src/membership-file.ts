import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32c, decodeConfiguration, encodeConfiguration } from "@quorate/raft";
import { unlessAbsent, writeDurably } from "./durable-file.ts";
import { EtcdServerError, type Joining } from "./server-options.ts";

/**
 * Who a member is that did not begin with its cluster: the file `membership` in its data directory, written before its log is
 * begun. A member of a new cluster has none: it derives its ids from its options, which must then stay the same.
 *
 * One line of JSON: `clusterId`, `memberId`, the `configuration` that it joined with (as entries hold it, in base64), and
 * `checksum`, the CRC-32C of the others.
 */
export class MembershipFile {
  readonly path: string;

  constructor(dataDir: string, name = "membership") {
    this.path = join(dataDir, name);
  }

  /** Undefined where there is none. Rejects with an `EtcdServerError` when it is damaged. */
  async read(): Promise<Joining | undefined> {
    const text = await unlessAbsent(readFile(this.path, "utf8"));
    if (text === undefined) return undefined;
    const joining = joiningIn(text);
    if (joining !== undefined) return joining;
    throw new EtcdServerError(
      `${this.path}, which says who this member is, is damaged: put it back from a copy, or remove this member from the ` +
        "cluster and let another one join with an empty data directory",
    );
  }

  async write({ clusterId, memberId, configuration }: Joining): Promise<void> {
    const fields = {
      clusterId,
      memberId,
      configuration: Buffer.from(encodeConfiguration(configuration)).toString("base64"),
    };
    await writeDurably(this.path, `${JSON.stringify({ ...fields, checksum: checksumOf(fields) })}\n`);
  }
}

function joiningIn(text: string): Joining | undefined {
  try {
    const { checksum, ...fields } = JSON.parse(text) as Record<string, unknown>;
    const { clusterId, memberId, configuration } = fields;
    if (checksum !== checksumOf(fields) || typeof configuration !== "string") return undefined;
    if (typeof clusterId !== "number" || typeof memberId !== "number") return undefined;
    return { clusterId, memberId, configuration: decodeConfiguration(Buffer.from(configuration, "base64")) };
  } catch {
    return undefined;
  }
}

function checksumOf({ clusterId, memberId, configuration }: Readonly<Record<string, unknown>>): number {
  return crc32c(Buffer.from(JSON.stringify([clusterId, memberId, configuration])));
}
