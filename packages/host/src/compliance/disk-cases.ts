import type { ComplianceCase } from "./case.ts";
import { directoryCases } from "./directory-cases.ts";
import { fileCases } from "./file-cases.ts";
import { lockCases } from "./lock-cases.ts";

export const diskCases: readonly ComplianceCase[] = [...directoryCases, ...fileCases, ...lockCases];
