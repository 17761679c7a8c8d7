import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { silentLogger } from "@quorate/host";
import { clusterIdOf, memberIdOf } from "../src/identity.ts";
import { initialIdentity } from "../src/initial-configuration.ts";
import { startEtcdServer, type EtcdServerOptions } from "../src/index.ts";
import { memberOptions, temporaryFolder } from "./support/single-member.ts";

const members = [
  { name: "a", peerUrls: ["http://h1:2380"] },
  { name: "b", peerUrls: ["http://h2:2380", "http://h2:2381"] },
  { name: "c", peerUrls: ["http://h3:2380"] },
];

function optionsOf(name: string, changes: Partial<EtcdServerOptions> = {}): EtcdServerOptions {
  return { ...memberOptions("/nowhere"), name, initialCluster: members, logger: silentLogger, ...changes };
}

test("ids are exact integers, the same today and in every later version", () => {
  assert.equal(memberIdOf(["http://h1:2380"], "token"), memberIdOf(["http://h1:2380"], "token"));
  for (const id of [
    ...members.map(({ peerUrls }) => memberIdOf(peerUrls, "token")),
    clusterIdOf(members, "token", 1000),
  ]) {
    assert.ok(Number.isSafeInteger(id) && id > 0);
  }
  // Golden: a data directory holds these, so another derivation would lock people out of their clusters.
  assert.deepEqual(
    [memberIdOf(["http://h1:2380"], "token"), clusterIdOf(members, "token", 1000)],
    [5_420_161_395_579_611, 4_703_560_652_142_388],
  );
});

test("the order of members and of URLs does not matter; names, tokens and URLs tell apart what they should", () => {
  const shuffled = [
    members[2],
    members[0],
    { name: "b", peerUrls: ["http://h2:2381", "http://h2:2380"] },
  ] as typeof members;
  assert.equal(clusterIdOf(shuffled, "token", 1000), clusterIdOf(members, "token", 1000));
  assert.notEqual(clusterIdOf(members, "other", 1000), clusterIdOf(members, "token", 1000));
  assert.notEqual(
    clusterIdOf(members, "token", 1000),
    clusterIdOf(members, "token", 2000),
    "T stands in the first entry",
  );
  assert.notEqual(clusterIdOf(members.slice(1), "token", 1000), clusterIdOf(members, "token", 1000));
  assert.notEqual(memberIdOf(["http://h1:2380"], "other"), memberIdOf(["http://h1:2380"], "token"));
  assert.notEqual(memberIdOf(["ab", "c"], "token"), memberIdOf(["a", "bc"], "token"));
});

test("every member derives the same cluster and the same configuration", () => {
  const identities = members.map(({ name }) => initialIdentity(optionsOf(name)));
  assert.equal(new Set(identities.map(({ clusterId }) => clusterId)).size, 1);
  assert.equal(new Set(identities.map(({ memberId }) => memberId)).size, 3);
  for (const { configuration, memberId } of identities) {
    assert.deepEqual(configuration, identities[0]?.configuration);
    assert.ok(configuration.voters.includes(memberId));
    assert.deepEqual(
      [...configuration.voters].sort((x, y) => x - y),
      configuration.voters,
    );
  }
});

test("a member is who it was when its URLs have another scheme, and nobody when they have another host", async (context) => {
  const dataDir = join(temporaryFolder(context), "data");
  const startWith = async (url: string): Promise<number> => {
    const initialCluster = [{ name: "one", peerUrls: [url] }];
    const server = await startEtcdServer({ ...memberOptions(dataDir), initialCluster });
    const { memberId } = server;
    await server.close();
    return memberId;
  };
  const memberId = await startWith("http://127.0.0.1:2380");
  assert.equal(await startWith("https://127.0.0.1:2380"), memberId);
  assert.equal(await startWith("http://127.0.0.1:2380"), memberId);
  await assert.rejects(startWith("https://127.0.0.1:2381"), /belongs to cluster/);
});

test("a member that is not in its cluster, and members at one address, are clear errors", () => {
  assert.throws(() => initialIdentity(optionsOf("d")), /\(a, b, c\) has no member named d/);
  const twins = [...members, { name: "d", peerUrls: ["http://h1:2380"] }];
  assert.throws(() => initialIdentity(optionsOf("a", { initialCluster: twins })), /have the same peer URLs/);
});
