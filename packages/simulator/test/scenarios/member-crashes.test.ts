import { memberCrashScenarios } from "../../src/scenarios/member-crashes.ts";
import { testOutcomes } from "./member-outcomes.ts";

testOutcomes(memberCrashScenarios);
