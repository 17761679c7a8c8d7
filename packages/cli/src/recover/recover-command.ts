import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { EtcdServerError, recoverMember, type Survivor } from "@quorate/etcd";
import { HostError } from "@quorate/host";
import { WalError } from "@quorate/wal";
import { exitCodes, FailureError, UsageError } from "../errors.ts";

export interface RecoverFlags {
  readonly dataDir: string;
  readonly name?: string;
  readonly peerUrls?: string;
  readonly yesIMayLoseData?: boolean;
}

/** `quorate recover`: a cluster of one out of a survivor, offline. */
export async function runRecover(flags: RecoverFlags): Promise<number> {
  if (flags.yesIMayLoseData !== true && !process.stdin.isTTY) {
    throw new UsageError(
      "This can lose data that was acknowledged, and there is no terminal to ask at: give --yes-i-may-lose-data if that is understood.",
    );
  }
  let name = "";
  const clusterId = await recoverMember({
    dataDir: resolve(flags.dataDir),
    ...(flags.peerUrls === undefined ? {} : { peerUrls: flags.peerUrls.split(",") }),
    confirm: async (survivor) => {
      name = survivor.name;
      if (flags.name !== undefined && flags.name !== survivor.name) {
        throw new UsageError(`${flags.dataDir} holds the member ${survivor.name}, not ${flags.name}.`);
      }
      process.stderr.write(warning(survivor));
      return flags.yesIMayLoseData === true || (await isConfirmed(survivor));
    },
  }).catch((error: unknown) => {
    if (error instanceof EtcdServerError || error instanceof HostError || error instanceof WalError) {
      throw new FailureError(`Nothing was recovered: ${error.message}.`, { cause: error });
    }
    throw error;
  });
  if (clusterId === undefined) {
    process.stderr.write("Nothing was changed.\n");
    return exitCodes.failure;
  }
  process.stdout.write(
    `${name} is a cluster of its own now (${clusterId.toString(16)}). Start it as before; then add members: "quorate join".\n`,
  );
  return exitCodes.done;
}

function warning({ clusterId, name, lastIndex, knownCommitted, others }: Survivor): string {
  return `
  WARNING: this is for a cluster whose quorum is lost FOR GOOD. It can lose data.

  ${name}, of cluster ${clusterId.toString(16)}, becomes a cluster of its own, with what is on this disk:
  - What other members acknowledged and this one does not have is LOST, without a trace.
  - Its ${lastIndex} entries count as committed, also the last ${lastIndex - knownCommitted} of which it does not know that they were:
    writes that failed or timed out for clients may come to be done.
  - ${others.length === 0 ? "Nobody else was a member." : `The others (${others.join(", ")}) can NEVER come back: remove their data, and join new members.`}

  If a majority of the members can be started again, do that instead. Of several survivors take the one with the most entries.
  The old log stays beside the new one in the data directory.

`;
}

async function isConfirmed({ name }: Survivor): Promise<boolean> {
  const questions = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await questions.question(`Type the member's name (${name}) to go on: `)).trim() === name;
  } finally {
    questions.close();
  }
}
