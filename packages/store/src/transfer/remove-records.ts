import type { Done } from "@quorate/host";
import type { Engine } from "../engine.ts";
import type { EngineSpan } from "../key-space.ts";
import { untilFinished } from "../steps.ts";

const recordsPerBatch = 1024;

/** Removes every record in a span, in bounded batches, each durable. */
export function removeRecords(engine: Engine, span: EngineSpan, done: Done): void {
  const snapshot = engine.snapshot();
  const iterator = snapshot.iterate({ ...span, keysOnly: true });
  untilFinished(
    (step) => {
      iterator.next(recordsPerBatch, (error, records) => {
        if (error !== undefined || records.length === 0) return step(error, true);
        engine.write(
          records.map(({ key }) => ({ key, value: undefined })),
          (error) => step(error, error !== undefined),
        );
      });
    },
    (error) => {
      iterator.close();
      snapshot.close();
      done(error);
    },
  );
}
