import type { Challenge } from "./challenge.ts";
import { falls, staleRead } from "./goal.ts";
import { at, cuts, deaths, requests, threeMembers } from "./worlds.ts";

/** Worlds in which a rule of logs, disks or reads is broken. */
export const logChallenges: readonly Challenge[] = [
  {
    name: "one-disk",
    title: "Committed on one disk",
    about: "An entry is committed once one disk has it.",
    seed: 1,
    setup: threeMembers("one disk is enough to commit"),
    goal: falls("leader completeness", "somebody leads without an entry that was committed"),
    limit: 1,
    until: 40,
    allowed: [...deaths, ...cuts, ...requests],
    hints: [
      "What does a leader that is alone commit, and who knows of it?",
      "Cut the leader off, and write through it.",
    ],
    shows: "It told its client that the write is done. The others elected somebody who never heard of it.",
    story: "stale-candidate",
    solution: [at(4, { do: "partition", groups: [[3]] }), at(4.2, { do: "write", to: 3, count: 1 })],
  },
  {
    name: "phantom-read",
    title: "Ask the phantom leader",
    about:
      "A leader answers reads without asking a quorum whether it still leads. It does know that it has to step down when no quorum answers for T.",
    seed: 1,
    setup: threeMembers("reads do not ask a quorum, where only clients of registers read"),
    goal: staleRead,
    limit: 3,
    until: 40,
    allowed: ["suspend", "pause", "resume", ...cuts, ...requests],
    hints: [
      "It must believe that it leads while another one does: its clock must not run meanwhile.",
      "Put its machine to sleep, and cut it off, or it hears of the new leader as soon as it wakes up.",
      "Write through the new leader, wake the old one, and read from it at once.",
    ],
    shows: "No lease and no clock is involved: who leads is for a quorum to say, and only after the question came.",
    story: "phantom-leader",
    solution: [
      at(4, { do: "partition", groups: [[3]] }),
      at(4.01, { do: "suspend", who: 3 }),
      at(8, { do: "write", to: 1, count: 1 }),
      at(9, { do: "resume", who: 3 }),
      at(9.001, { do: "read", from: 3 }),
    ],
  },
  {
    name: "splice",
    title: "Two histories in one log",
    about: "A follower takes entries behind any entry of the right index, whatever its term.",
    seed: 1,
    setup: threeMembers("entries are spliced behind any entry of the right index"),
    goal: falls("log matching", "two logs have the same entry behind different ones"),
    limit: 3,
    until: 60,
    allowed: [...deaths, ...cuts, ...requests],
    hints: [
      "Somebody needs a long tail of entries that nobody else has: a leader that is cut off, and takes many writes.",
      "The next leader's first append must begin within that tail. It begins behind its own log, so that has to be longer than what all three share.",
      "Three leaders: the first is cut off with five writes; the second commits three writes and is killed; the links are mended, and the third appends its first entry.",
    ],
    shows:
      "From then on two members say that they have the same log, and have not. Nothing ever notices, but for a checksum of the state.",
    story: "append-without-check",
    solution: [
      at(4, { do: "partition", groups: [[3]] }),
      at(4.1, { do: "write", to: 3, count: 5 }),
      at(8, { do: "write", to: 1, count: 3 }),
      at(8.5, { do: "crash", who: 1 }),
      at(8.6, { do: "heal" }),
    ],
  },
  {
    name: "too-early",
    title: "Promises that no disk has kept",
    about:
      "Answers leave before the disk has what they promise. A power cut takes what it has not; killing a process here is one.",
    seed: 2,
    setup: threeMembers("answers leave before the disk has what they promise"),
    goal: falls("leader completeness", "somebody leads without an entry that was committed"),
    limit: 6,
    until: 60,
    allowed: ["stall-disk", ...deaths, ...cuts, ...requests],
    hints: [
      "Let a follower acknowledge a write that its disk has not stored: stall its disk first.",
      "One other follower must have heard nothing of it at all: cut it off before.",
      "Kill the follower and then the leader, mend the links, and start the follower again. How much of what waits a power cut leaves on a disk is up to chance: if all of it is there, take the other follower.",
    ],
    shows:
      "An acknowledgment is a promise for ever. What was promised from memory is gone with it: fsync comes first, even where it is slow.",
    story: "stale-candidate",
    solution: [
      at(4, { do: "partition", groups: [[1]] }),
      at(4.1, { do: "stall-disk", who: 2, ms: 5000 }),
      at(4.2, { do: "write", to: 3, count: 1 }),
      at(4.4, { do: "crash", who: 2 }),
      at(4.5, { do: "crash", who: 3 }),
      at(4.6, { do: "heal" }),
      at(4.7, { do: "start", who: 2 }),
    ],
  },
  {
    name: "wiped-disk",
    title: "A new disk in an old member",
    about:
      "Peers do not remember that a member has started before: one whose disk was replaced is taken for the one it was.",
    seed: 1,
    setup: threeMembers("peers do not remember starts: a wiped disk is taken for its member"),
    goal: falls("leader completeness", "somebody leads without an entry that was committed"),
    limit: 5,
    until: 60,
    allowed: ["wipe-disk", ...deaths, ...cuts, ...requests],
    hints: [
      "Of the two members that have the write one is to forget it.",
      "Cut off a follower, write, wipe the disk of the other one, and kill the leader.",
      "Mend the links, and start the member with the empty disk: with the one that was cut off it is a majority.",
    ],
    shows:
      "A member with an empty disk is not the member that acknowledged. With the shipped rules nobody listens to it until it is removed and joins under a new id.",
    solution: [
      at(4, { do: "partition", groups: [[1]] }),
      at(4.2, { do: "write", to: 3, count: 1 }),
      at(5, { do: "wipe-disk", who: 2 }),
      at(5.1, { do: "crash", who: 3 }),
      at(5.2, { do: "heal" }),
      at(5.3, { do: "start", who: 2 }),
    ],
  },
];
