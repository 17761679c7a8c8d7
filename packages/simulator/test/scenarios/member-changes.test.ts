import { memberChangeScenarios } from "../../src/scenarios/member-changes.ts";
import { testOutcomes } from "./member-outcomes.ts";

testOutcomes(memberChangeScenarios);
