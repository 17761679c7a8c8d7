import type { DescMessage, DescService } from "@bufbuild/protobuf";
import { Auth, Cluster, KV, Lease, Maintenance, Watch } from "../generated/etcdserverpb/rpc_pb.ts";
import { Election } from "../generated/v3electionpb/v3election_pb.ts";
import { Lock } from "../generated/v3lockpb/v3lock_pb.ts";

export interface MessageTypes {
  readonly input: DescMessage;
  readonly output: DescMessage;
}

const services: readonly DescService[] = [KV, Watch, Lease, Cluster, Maintenance, Auth, Lock, Election];

/** What each method of etcd's services takes and gives, by its path. */
export const messageTypes: ReadonlyMap<string, MessageTypes> = new Map(
  services.flatMap((service) =>
    service.methods.map(({ name, input, output }) => [`/${service.typeName}/${name}`, { input, output }] as const),
  ),
);
