import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { DeleteAnswer, KeyValueRecord, MemberAnswer, PutAnswer, RangeAnswer, StatusAnswer } from "./answers.ts";
import type { Method } from "./calls.ts";

/**
 * The few methods of etcd's v3 API that the command needs. Numbers in the code are field numbers of etcd's published
 * interface; unknown fields are skipped, absent ones are zero, as protobuf wants it.
 */
export interface RangeRequest {
  readonly key: Uint8Array;
  /** Empty for the single key. */
  readonly end: Uint8Array;
  readonly revision: number;
  readonly limit: number;
  readonly serializable: boolean;
}

export const range: Method<RangeRequest, RangeAnswer> = {
  path: "/etcdserverpb.KV/Range",
  readOnly: true,
  encode({ key, end, limit, revision, serializable }) {
    const writer = new BinaryWriter();
    writer.tag(1, WireType.LengthDelimited).bytes(key);
    if (end.length > 0) writer.tag(2, WireType.LengthDelimited).bytes(end);
    if (limit > 0) writer.tag(3, WireType.Varint).int64(limit);
    if (revision > 0) writer.tag(4, WireType.Varint).int64(revision);
    if (serializable) writer.tag(7, WireType.Varint).bool(true);
    return writer.finish();
  },
  decode(bytes) {
    const answer = { revision: 0, records: [] as KeyValueRecord[], more: false, count: 0 };
    readFields(bytes, {
      1: (reader) => (answer.revision = readHeader(reader.bytes()).revision),
      2: (reader) => answer.records.push(readRecord(reader.bytes())),
      3: (reader) => (answer.more = reader.bool()),
      4: (reader) => (answer.count = readInteger(reader)),
    });
    return answer;
  },
};

export const put: Method<{ readonly key: Uint8Array; readonly value: Uint8Array }, PutAnswer> = {
  path: "/etcdserverpb.KV/Put",
  readOnly: false,
  encode: ({ key, value }) =>
    new BinaryWriter()
      .tag(1, WireType.LengthDelimited)
      .bytes(key)
      .tag(2, WireType.LengthDelimited)
      .bytes(value)
      .finish(),
  decode(bytes) {
    let revision = 0;
    readFields(bytes, { 1: (reader) => (revision = readHeader(reader.bytes()).revision) });
    return { revision };
  },
};

export const deleteRange: Method<{ readonly key: Uint8Array; readonly end: Uint8Array }, DeleteAnswer> = {
  path: "/etcdserverpb.KV/DeleteRange",
  readOnly: false,
  encode({ key, end }) {
    const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(key);
    return (end.length > 0 ? writer.tag(2, WireType.LengthDelimited).bytes(end) : writer).finish();
  },
  decode(bytes) {
    const answer = { revision: 0, deleted: 0 };
    readFields(bytes, {
      1: (reader) => (answer.revision = readHeader(reader.bytes()).revision),
      2: (reader) => (answer.deleted = readInteger(reader)),
    });
    return answer;
  },
};

export const memberList: Method<object, { readonly members: readonly MemberAnswer[] }> = {
  path: "/etcdserverpb.Cluster/MemberList",
  readOnly: true,
  encode: () => new Uint8Array(0),
  decode(bytes) {
    const members: MemberAnswer[] = [];
    readFields(bytes, { 2: (reader) => members.push(readMember(reader.bytes())) });
    return { members };
  },
};

export const memberStatus: Method<object, StatusAnswer> = {
  path: "/etcdserverpb.Maintenance/Status",
  readOnly: true,
  encode: () => new Uint8Array(0),
  decode(bytes) {
    const errors: string[] = [];
    const answer = {
      memberId: 0n,
      leader: 0n,
      version: "",
      term: 0,
      index: 0,
      appliedIndex: 0,
      revision: 0,
      databaseBytes: 0,
      isLearner: false,
      errors,
    };
    readFields(bytes, {
      1: (reader) => Object.assign(answer, readHeader(reader.bytes())),
      2: (reader) => (answer.version = reader.string()),
      3: (reader) => (answer.databaseBytes = readInteger(reader)),
      4: (reader) => (answer.leader = BigInt(reader.uint64())),
      5: (reader) => (answer.index = Number(reader.uint64())),
      6: (reader) => (answer.term = Number(reader.uint64())),
      7: (reader) => (answer.appliedIndex = Number(reader.uint64())),
      8: (reader) => errors.push(reader.string()),
      10: (reader) => (answer.isLearner = reader.bool()),
    });
    return answer;
  },
};

/** Hash of a member's state at a revision (0: its newest), and that revision. */
export const hashKv: Method<{ readonly revision: number }, { readonly hash: number; readonly compacted: number }> = {
  path: "/etcdserverpb.Maintenance/HashKV",
  readOnly: true,
  encode: ({ revision }) => new BinaryWriter().tag(1, WireType.Varint).int64(revision).finish(),
  decode(bytes) {
    const answer = { hash: 0, compacted: 0 };
    readFields(bytes, {
      2: (reader) => (answer.hash = reader.uint32()),
      3: (reader) => (answer.compacted = readInteger(reader)),
    });
    return answer;
  },
};

function readFields(bytes: Uint8Array, fields: Readonly<Record<number, (reader: BinaryReader) => unknown>>): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const read = fields[number];
    if (read === undefined) reader.skip(wireType, number);
    else read(reader);
  }
}

function readInteger(reader: BinaryReader): number {
  return Number(reader.int64());
}

function readHeader(bytes: Uint8Array): { memberId: bigint; revision: number } {
  const header = { memberId: 0n, revision: 0 };
  readFields(bytes, {
    2: (reader) => (header.memberId = BigInt(reader.uint64())),
    3: (reader) => (header.revision = readInteger(reader)),
  });
  return header;
}

function readRecord(bytes: Uint8Array): KeyValueRecord {
  const empty: Uint8Array = new Uint8Array(0);
  const record = { key: empty, value: empty, createRevision: 0, modRevision: 0, version: 0, lease: 0n };
  readFields(bytes, {
    1: (reader) => (record.key = reader.bytes()),
    2: (reader) => (record.createRevision = readInteger(reader)),
    3: (reader) => (record.modRevision = readInteger(reader)),
    4: (reader) => (record.version = readInteger(reader)),
    5: (reader) => (record.value = reader.bytes()),
    6: (reader) => (record.lease = BigInt(reader.int64())),
  });
  return record;
}

function readMember(bytes: Uint8Array): MemberAnswer {
  const peerUrls: string[] = [];
  const clientUrls: string[] = [];
  const member = { id: 0n, name: "", peerUrls, clientUrls, isLearner: false };
  readFields(bytes, {
    1: (reader) => (member.id = BigInt(reader.uint64())),
    2: (reader) => (member.name = reader.string()),
    3: (reader) => peerUrls.push(reader.string()),
    4: (reader) => clientUrls.push(reader.string()),
    5: (reader) => (member.isLearner = reader.bool()),
  });
  return member;
}
