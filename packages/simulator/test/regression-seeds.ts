/**
 * Seeds that once failed on the real code, and why. They run first. A change of the swarm or of the order of random draws
 * makes another run of a seed, so what each found also has a test in the package that it was found in.
 */
export const regressionSeeds = {
  core: [
    { seed: 8, found: "entries loaded from disk after the next index had moved on: the follower waited for ever" },
    { seed: 106, found: "the same, in a cluster of five" },
    { seed: 353, found: "the same, far behind" },
    {
      seed: 1022651,
      found: "nothing in the core: a checker blamed an answer that was released as its entry was replaced",
    },
    { seed: 30947, found: "nothing: a checker forgot who would elect a member in a term below one that it had lost" },
    { seed: 36633, found: "nothing: dead connections were noticed after the healed cluster was expected to be quiet" },
    {
      seed: 312069102,
      found: "a leader wanted a state for a follower without whose acknowledgments no state could bring it further",
    },
    { seed: 312069934, found: "nothing: a modelled checkpoint went no further than the log that had yet to follow it" },
  ],
  replica: [
    { seed: 16, found: "the same, with the durable log" },
    { seed: 46, found: "one of several read groups of one question ran out of time, and the expiry timer spun" },
    { seed: 19, found: "the same, on a leader" },
    {
      seed: 20348,
      found:
        "a damaged log ended in entries that were replaced later, and the newest commit index called them committed",
    },
    { seed: 20750, found: "the same: the member applied one of them" },
    { seed: 20195, found: "nothing: a checker forgot that one batch of proposals may go over the bound" },
    { seed: 30027, found: "nothing: a stream to an address where nobody listened yet took no notice of blocks" },
    { seed: 30365, found: "nothing: the same" },
    {
      seed: 10555,
      found: "a wiped disk passed for one with a later start, for one that nobody had noticed in between",
    },
    { seed: 570693342, found: "one slow sync, by a clock that jumped, and an idle leader handed over for it" },
    {
      seed: 570705872,
      found: "a log that filled more segments before its damage was healed forgot the start that had found it",
    },
    {
      seed: 312071397,
      found: "a state was installed that the log had overtaken by the time everything stood still",
    },
    { seed: 312074256, found: "a state that a follower held already was sent again and again instead of the log" },
    { seed: 11356, found: "nothing: the simulated network gave bytes to a process that stood still" },
  ],
} as const;
