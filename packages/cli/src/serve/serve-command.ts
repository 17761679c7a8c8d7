import { exitCodes } from "../errors.ts";
import type { ServeOptions } from "./serve-options.ts";
export function runServe(options: ServeOptions): Promise<number> {
  void options;
  return Promise.resolve(exitCodes.failure);
}
