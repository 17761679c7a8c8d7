import { withAvailability, type Repairable } from "@quorate/planner";
import { UsageError } from "../errors.ts";

const hoursOf: Readonly<Record<string, number>> = { s: 1 / 3600, m: 1 / 60, h: 1, d: 24, y: 8766 };

/** Where only an availability is given, a failure is taken to last an hour. */
const assumedRepairHours = 1;

/** "99.9%", "0.999", or "30d/1h": fails every 30 days, and is repaired in an hour. */
export function parseRepairable(option: string, text: string): Repairable {
  const [failsEvery, repair, ...others] = text.split("/");
  if (repair === undefined) return withAvailability(parsePercentage(option, text), assumedRepairHours);
  const [failsEveryHours, repairHours] = [failsEvery ?? "", repair].map((part) => parseHours(part));
  if (failsEveryHours === undefined || repairHours === undefined || others.length > 0) {
    throw new UsageError(
      `${option}: "${text}" is neither an availability (99.9%) nor two times such as 30d/1h, with s, m, h, d or y.`,
    );
  }
  return { failsEveryHours, repairHours };
}

/** "1%" or "0.01". */
export function parsePercentage(option: string, text: string): number {
  const [, number, sign] = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*(%?)\s*$/.exec(text) ?? [];
  const value = Number(number) / (sign === "%" ? 100 : 1);
  if (number !== undefined && value <= 1) return value;
  throw new UsageError(`${option}: "${text}" is not a part of a whole such as 99.9% or 0.999.`);
}

function parseHours(text: string): number | undefined {
  const [, number, unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([smhdy])\s*$/.exec(text) ?? [];
  const hours = Number(number) * (hoursOf[unit] ?? 0);
  return hours > 0 ? hours : undefined;
}
