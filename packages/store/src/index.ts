export type * from "./engine.ts";
export * from "./operations.ts";
