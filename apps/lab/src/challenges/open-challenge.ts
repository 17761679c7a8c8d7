import { decodeMoment, type SharedMoment } from "../links/link.ts";
import { LabActionError } from "../world/lab-action.ts";
import { refusal, runOfChallenge, type Challenge } from "./challenge.ts";

/** What a link to a moment of a challenge says. @throws LabActionError for one that is of another world, or against the terms */
export function openChallenge(challenge: Challenge, text: string): SharedMoment {
  const moment = decodeMoment(text);
  const { actions } = moment.run;
  if (JSON.stringify({ ...moment.run, actions: [] }) !== JSON.stringify(runOfChallenge(challenge))) {
    throw new LabActionError("it is a moment of another world");
  }
  for (const [place, { action }] of actions.entries()) {
    const refused = refusal(challenge, actions.slice(0, place), action);
    if (refused !== undefined) throw new LabActionError(`what was done there is against the terms. ${refused}`);
  }
  return moment;
}
