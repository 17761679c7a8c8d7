import { memberMachineScenarios } from "../../src/scenarios/member-machines.ts";
import { testOutcomes } from "./member-outcomes.ts";

testOutcomes(memberMachineScenarios);
