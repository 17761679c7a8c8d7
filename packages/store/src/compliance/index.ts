/**
 * What every `Engine` and every `EngineHome` must do, as named cases that any test runner can run. Each case gets a fresh,
 * empty one.
 *
 * @packageDocumentation
 */
export { engineCompliance, type EngineCase, type EngineUnderTest } from "./engine-cases.ts";
export { homeCompliance, type HomeCase, type HomeUnderTest } from "./home-cases.ts";
