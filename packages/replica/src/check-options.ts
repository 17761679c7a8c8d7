import { isVoter, type Configuration, type MemberId } from "@quorate/raft";
import { ReplicaStartError } from "./errors.ts";
import { defaultTransferPolicy, type ReplicaOptions, type TransferPolicy } from "./options.ts";
import { addressOf } from "./peer-addresses.ts";

/** What timers take: 20 days. */
const maxIntervalMs = 20 * 24 * 60 * 60 * 1000;

/** In bytes a second: slower, and a chunk takes so long that its receiver gives up. */
const leastTransferRate = 64 * 1024;

/** What is wrong with the options, in words; undefined when nothing is. */
export function checkOptions(options: ReplicaOptions<unknown>): ReplicaStartError | undefined {
  const { clusterId, memberId, directory, requestTimeoutMs, stateComparisonMs, initialConfiguration } = options;
  const wrong =
    checkId("clusterId", clusterId) ??
    checkId("memberId", memberId) ??
    checkDirectory(directory) ??
    checkTimeout(requestTimeoutMs) ??
    checkInterval(stateComparisonMs) ??
    checkTransfer(options.transfer) ??
    checkConfiguration(initialConfiguration, memberId, options.isJoining === true);
  return wrong === undefined ? undefined : new ReplicaStartError("invalid-option", wrong);
}

function checkId(name: string, id: number): string | undefined {
  if (Number.isSafeInteger(id) && id >= 1) return undefined;
  return `${name} is ${id}: it must be an integer from 1 to 2^53 - 1`;
}

function checkDirectory(directory: string): string | undefined {
  if (directory.startsWith("/") || /^[A-Za-z]:[/\\]/.test(directory)) return undefined;
  return `directory is "${directory}": it must be an absolute path`;
}

function checkTimeout(timeoutMs: number | undefined): string | undefined {
  if (timeoutMs === undefined || timeoutMs >= 1) return undefined;
  return `requestTimeoutMs is ${timeoutMs}: it must be 1 or more`;
}

function checkInterval(intervalMs: number | undefined): string | undefined {
  if (intervalMs === undefined || (intervalMs >= 0 && intervalMs <= maxIntervalMs)) return undefined;
  return `stateComparisonMs is ${intervalMs}: it must be from 0 to ${maxIntervalMs}`;
}

function checkTransfer(transfer: Partial<TransferPolicy> | undefined): string | undefined {
  const { keepLogBytes, bytesPerSecond } = { ...defaultTransferPolicy, ...transfer };
  if (!(keepLogBytes >= 0)) return `transfer.keepLogBytes is ${keepLogBytes}: it must be 0 or more`;
  if (bytesPerSecond >= leastTransferRate) return undefined;
  return `transfer.bytesPerSecond is ${bytesPerSecond}: it must be ${leastTransferRate} or more`;
}

/** A member that joins need not know anybody: whoever leads turns to it, and its log says who the members are. */
function checkConfiguration(configuration: Configuration, memberId: MemberId, isJoining: boolean): string | undefined {
  const { voters, outgoing, learners, members, timing } = configuration;
  if (voters.length === 0 && !isJoining) return "the initial configuration has no voters";
  if (outgoing.length > 0) return "the initial configuration is joint: a new cluster starts with one set of voters";
  for (const ids of [voters, learners, members.map((member) => member.id)]) {
    const wrong = ids.map((id) => checkId("a member's id", id)).find((one) => one !== undefined);
    if (wrong !== undefined) return wrong;
    if (!ids.every((id, at) => at === 0 || id > (ids[at - 1] as number))) {
      return `the initial configuration lists ${ids.join(", ")}: ids must ascend without repetition`;
    }
  }
  if (!isVoter(configuration, memberId) && !learners.includes(memberId) && !isJoining) {
    return `member ${memberId} is not in the initial configuration`;
  }
  for (const id of [...voters, ...learners]) {
    const member = members.find((one) => one.id === id);
    if (member === undefined) return `the initial configuration gives no address for member ${id}`;
    if (id !== memberId && addressOf(member) === undefined) {
      return `member ${id} has no peer URL of the form "http://host:port"`;
    }
  }
  if (learners.some((id) => voters.includes(id))) return "the initial configuration lists a voter as a learner too";
  const { electionTimeoutMs, clockDriftPpm } = timing;
  if (!Number.isInteger(electionTimeoutMs) || electionTimeoutMs < 10 || electionTimeoutMs > 50_000) {
    return `electionTimeoutMs is ${electionTimeoutMs}: it must be an integer from 10 to 50,000`;
  }
  if (!Number.isInteger(clockDriftPpm) || clockDriftPpm < 0 || clockDriftPpm > 500_000) {
    return `clockDriftPpm is ${clockDriftPpm}: it must be an integer from 0 to 500,000`;
  }
  return undefined;
}
