/**
 * What every `Engine` must do, as named cases that any test runner can run. Each case gets a fresh, empty engine.
 *
 * @packageDocumentation
 */
export { engineCompliance, type EngineCase, type EngineUnderTest } from "./engine-cases.ts";
