import type { WatchAnswer } from "@quorate/store";
import type { BrokenWatches } from "./broken-watches.ts";

/** A bug about watches that others have shipped, or could have, and within how many seeds it is found. */
export interface WatchBug extends BrokenWatches {
  readonly name: string;
  readonly caughtBy: readonly string[];
  readonly seeds: number;
}

const caughtBy = ["watches"] as const;

export const watchBugs: readonly WatchBug[] = [
  {
    name: "watches do not hear that another member's state has taken the place of theirs (etcd issue 15271)",
    hub: (hub) => {
      hub.replaced = () => {};
    },
    caughtBy,
    seeds: 5,
  },
  {
    name: "a response says that the store's newest revision is told, though the watch is still behind",
    sink: (sink, hub) => ({
      get isReady() {
        return sink.isReady;
      },
      send: (answer) => sink.send(answer.events.length === 0 ? answer : { ...answer, revision: hub.revision }),
      closed: (error) => sink.closed(error),
    }),
    caughtBy,
    seeds: 5,
  },
  {
    name: "progress is told while watches of the stream are behind (etcd issue 15220)",
    hub: (hub) => {
      const make = hub.group.bind(hub);
      hub.group = (listener) => {
        const group = make(listener);
        group.isCaughtUp = () => true;
        return group;
      };
    },
    caughtBy,
    seeds: 5,
  },
  {
    name: "what waits for a client that takes nothing is dropped, and the watch goes on with what comes",
    hub: (hub) => {
      const make = hub.group.bind(hub);
      hub.group = (listener) => {
        const group = make(listener);
        const resume = group.resume.bind(group);
        group.resume = () => {
          for (const watcher of group.waiting) watcher.pending = [];
          resume();
        };
        return group;
      };
    },
    caughtBy,
    seeds: 5,
  },
  {
    name: "a watch whose past was compacted ends without a word",
    hub: (hub) => {
      const make = hub.group.bind(hub);
      hub.group = (listener) => {
        const silent: typeof listener = {
          get isReady() {
            return listener.isReady;
          },
          events: (watcher, events, through) => listener.events(watcher, events, through),
          progress: (revision) => listener.progress(revision),
          closed: (error) => listener.closed(error),
          compacted: () => {},
        };
        return make(silent);
      };
    },
    caughtBy,
    seeds: 5,
  },
  {
    name: "events of one revision come in two responses that each claim to be all",
    sink: (sink) => ({
      get isReady() {
        return sink.isReady;
      },
      send: (answer) => {
        for (const part of halves(answer)) sink.send(part);
      },
      closed: (error) => sink.closed(error),
    }),
    caughtBy,
    seeds: 5,
  },
  {
    name: "a watch that goes on at a member which is behind goes on there with that member's newest revision",
    hub: (hub) => {
      const make = hub.group.bind(hub);
      hub.group = (listener) => {
        const group = make(listener);
        const watch = group.watch.bind(group);
        group.watch = (options) => {
          const startRevision = Math.min(options.startRevision, hub.revision + 1);
          return watch({ ...options, startRevision });
        };
        return group;
      };
    },
    caughtBy,
    seeds: 10,
  },
  {
    name: "a watch that begins at the next revision is taken for one that begins with the next change",
    hub: (hub) => {
      const make = hub.group.bind(hub);
      hub.group = (listener) => {
        const group = make(listener);
        const watch = group.watch.bind(group);
        group.watch = (options) => watch({ ...options, startRevision: 0 });
        return group;
      };
    },
    caughtBy,
    seeds: 5,
  },
];

function halves(answer: WatchAnswer): readonly WatchAnswer[] {
  const { events } = answer;
  if (events.length < 2) return [answer];
  const middle = events.length >> 1;
  return [
    { ...answer, events: events.slice(0, middle) },
    { ...answer, events: events.slice(middle) },
  ];
}
