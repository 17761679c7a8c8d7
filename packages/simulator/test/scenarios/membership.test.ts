import { jointScenarios, leaseScenarios, membershipScenarios, stateScenarios } from "../../src/index.ts";
import { testEachOutcome } from "./each-outcome.ts";

testEachOutcome(leaseScenarios);
testEachOutcome(membershipScenarios);
testEachOutcome(jointScenarios);
testEachOutcome(stateScenarios);
