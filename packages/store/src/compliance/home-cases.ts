import type { Engine } from "../engine.ts";
import type { EngineHome } from "../engine-home.ts";
import { close, drain, expectSame, put, write } from "./engine-calls.ts";

/** A fresh home, and the same place as another life finds it. */
export interface HomeUnderTest {
  readonly home: EngineHome;
  /** Every engine of the home before is closed. */
  readonly reopen: () => EngineHome;
}

export interface HomeCase {
  readonly name: string;
  readonly run: (tested: HomeUnderTest) => Promise<void>;
}

function opened(start: (done: (error: Error | undefined, engine: Engine) => void) => void): Promise<Engine> {
  return new Promise((resolve, reject) => {
    start((error, engine) => (error === undefined ? resolve(engine) : reject(error)));
  });
}

function completed(start: (done: (error: Error | undefined) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error === undefined ? resolve() : reject(error)));
  });
}

const inUse = (home: EngineHome): Promise<Engine> => opened((done) => home.open(done));
const staging = (home: EngineHome): Promise<Engine> => opened((done) => home.openStaging(done));

async function contents(engine: Engine): Promise<string[]> {
  const snapshot = engine.snapshot();
  const records = await drain(snapshot.iterate({ from: new Uint8Array(0), to: undefined }), 10);
  snapshot.close();
  return records;
}

export const homeCompliance: readonly HomeCase[] = [
  {
    name: "a fresh home holds an empty engine, and another empty one beside it",
    async run({ home }) {
      const engine = await inUse(home);
      const beside = await staging(home);
      await write(engine, [put("a", "1")]);
      expectSame(await contents(beside), [], "beside");
      await write(beside, [put("b", "2")]);
      expectSame(await contents(engine), ["a=1"], "in use");
      await close(engine);
      await close(beside);
    },
  },
  {
    name: "what is beside is found by another life",
    async run({ home, reopen }) {
      const beside = await staging(home);
      await write(beside, [put("b", "2")]);
      await close(beside);
      const again = await staging(reopen());
      expectSame(await contents(again), ["b=2"], "beside");
      await close(again);
    },
  },
  {
    name: "an exchange puts what is beside in the place of what is in use, for later lives too",
    async run({ home, reopen }) {
      const engine = await inUse(home);
      const beside = await staging(home);
      await write(engine, [put("a", "1")]);
      await write(beside, [put("b", "2")]);
      await close(engine);
      await close(beside);
      await completed((done) => home.exchange(done));
      const exchanged = await inUse(home);
      expectSame(await contents(exchanged), ["b=2"], "in use");
      const fresh = await staging(home);
      expectSame(await contents(fresh), [], "beside");
      await close(fresh);
      await close(exchanged);
      const again = await inUse(reopen());
      expectSame(await contents(again), ["b=2"], "in use in another life");
      await close(again);
    },
  },
  {
    name: "what is beside can be discarded, whether there is anything or not",
    async run({ home, reopen }) {
      await completed((done) => home.discardStaging(done));
      const beside = await staging(home);
      await write(beside, [put("b", "2")]);
      await close(beside);
      await completed((done) => home.discardStaging(done));
      const again = await staging(reopen());
      expectSame(await contents(again), [], "beside");
      await close(again);
    },
  },
  {
    name: "an engine in use is exchanged where there was none before",
    async run({ home, reopen }) {
      const beside = await staging(home);
      await write(beside, [put("b", "2")]);
      await close(beside);
      await completed((done) => home.exchange(done));
      const exchanged = await inUse(reopen());
      expectSame(await contents(exchanged), ["b=2"], "in use");
      await close(exchanged);
    },
  },
];
