import { electionQuestions } from "./elections.ts";
import { handlerQuestions } from "./handlers.ts";
import type { Question } from "./question.ts";
import { readAndMemberQuestions } from "./reads-and-members.ts";

/** All questions of the drill, in their order. */
export const questions: readonly Question[] = [...handlerQuestions, ...electionQuestions, ...readAndMemberQuestions];
