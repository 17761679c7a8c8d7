export * from "./errors.ts";
export type * from "./interface.ts";
