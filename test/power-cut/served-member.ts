import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { NodeHost } from "@quorate/host-node";
import { freePorts } from "../harness/free-ports.ts";
import { MemberClient } from "../harness/member-client.ts";
import { MemberProcess } from "../harness/member-process.ts";
import { until } from "../harness/until.ts";
import { prepareCut } from "./check-cut.ts";
import type { Cut } from "./cut.ts";
import { FileSystem } from "./file-system.ts";
import type { Recording } from "./record.ts";
import { Reference } from "./reference.ts";

/** Starts real `quorate serve` processes from what power cuts have left; gives what is wrong, nothing when all is well. */
export async function serveAfterCuts(
  real: NodeHost,
  folder: string,
  recording: Recording,
  cuts: readonly Cut[],
): Promise<readonly string[]> {
  const reference = await Reference.open(real, join(folder, "reference"), recording);
  const system = new FileSystem(recording.recorded);
  const wrong: string[] = [];
  let passed = 0;
  try {
    for (const cut of cuts) {
      for (; passed < cut.position; passed++) system.pass(recording.recorded.moments[passed] as number);
      const prepared = prepareCut({ real, recording, reference, order: "posix", folder }, system, cut);
      const members = prepared.identities.map(({ name }) => name);
      const found = await serve(recording, reference, cut, prepared.folder, members);
      if (found !== undefined) wrong.push(`position ${cut.position}, seed ${cut.seed}: ${found}`);
    }
  } finally {
    await reference.close();
  }
  return wrong;
}

async function serve(
  { world }: Recording,
  reference: Reference,
  cut: Cut,
  folder: string,
  names: readonly string[],
): Promise<string | undefined> {
  const ports = await freePorts(names.length);
  mkdirSync(join(folder, "logs"));
  const members = names.map((name, index) => {
    const identity = world.members.find((member) => member.name === name);
    if (identity === undefined) throw new Error(`there was no member ${name}`);
    const peerPort = Number(new RegExp(`${name}=http://[^,]*:(\\d+)`).exec(identity.initialCluster)?.[1]);
    const addresses = { clientPort: ports[index] ?? 0, peerPort, advertisedPeerPort: peerPort };
    const files = { dataDir: join(folder, name), logPath: join(folder, "logs", `${name}.log`) };
    return new MemberProcess({ ...identity, ...addresses, ...files, extraArguments: [] });
  });
  const clients = members.map(({ endpoint }) => new MemberClient(endpoint));
  try {
    for (const member of members) member.start();
    const newest = reference.acknowledgements
      .before(cut.position)
      .reduce((most, one) => Math.max(most, one.revision), 1);
    for (const client of clients) {
      // A linearizable read: whatever a majority holds is applied.
      await until("the member answers", 20_000, async () => client.get("no such key").then(() => true));
      const revision = await client.revision();
      if (revision < newest) return `revision ${newest} was acknowledged, and ${client.endpoint} is at ${revision}`;
      if ((await client.hash(newest)) !== (await reference.hashAt(newest)))
        return `another state at revision ${newest}`;
    }
    return undefined;
  } catch (error) {
    return `${String(error)}\n${members.map(({ log }) => log.slice(-2000)).join("\n")}`;
  } finally {
    for (const client of clients) client.close();
    await Promise.all(members.map((member) => member.kill()));
  }
}
