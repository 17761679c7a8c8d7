import { memberDiskScenarios } from "../../src/scenarios/member-disks.ts";
import { testOutcomes } from "./member-outcomes.ts";

testOutcomes(memberDiskScenarios);
