export * from "./errors.ts";
export type * from "./interface.ts";
export type * from "./state-machine.ts";
