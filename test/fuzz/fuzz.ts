import { fuzzBounds } from "./bounds-surface.ts";
import { fuzzHttp } from "./http2-surface.ts";
import { fuzzJson, fuzzProtobuf } from "./message-surfaces.ts";
import { Random } from "./random.ts";
import type { Target } from "./target.ts";

export const surfaces = { http: fuzzHttp, protobuf: fuzzProtobuf, json: fuzzJson, bounds: fuzzBounds } as const;
export type SurfaceName = keyof typeof surfaces;

/** Between two looks at the member. */
const batch = 100;

/** Something is wrong; whoever reads it can run the same again. */
export class FuzzFinding extends Error {
  override readonly name = "FuzzFinding";
}

export interface FuzzRun {
  readonly surface: SurfaceName;
  readonly seed: number;
  /** Called before each case: whether to go on. */
  readonly goOn: (cases: number) => boolean;
}

/** What runs these cases again. */
export function againWith(surface: SurfaceName, seed: number, cases: number): string {
  return `npm run fuzz -- --surface ${surface} --seed ${seed} --cases ${cases}`;
}

/** Runs cases with seeds that rise by one; gives how many. Throws a `FuzzFinding`. */
export async function fuzz(target: Target, { surface, seed, goOn }: FuzzRun): Promise<number> {
  let cases = 0;
  let checkedFrom = seed;
  const found = (cause: unknown, from: number, to: number): FuzzFinding => {
    const what = cause instanceof Error ? cause.message : String(cause);
    return new FuzzFinding(`${what}\nAgain: ${againWith(surface, from, to - from + 1)}`, { cause });
  };
  while (goOn(cases)) {
    const own = seed + cases;
    try {
      await surfaces[surface](new Random(own), target);
    } catch (error) {
      throw found(error, own, own);
    }
    cases++;
    if (cases % batch !== 0) continue;
    await target.check().catch((error: unknown) => {
      throw found(error, checkedFrom, own);
    });
    checkedFrom = own + 1;
  }
  await target.check().catch((error: unknown) => {
    throw found(error, checkedFrom, seed + cases - 1);
  });
  return cases;
}
