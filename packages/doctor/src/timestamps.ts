import type { LineTime } from "./format.ts";

const dayMs = 86_400_000;

/**
 * A time at `at` in a text: `2026-11-21T20:22:52.590Z` with a dot or a comma, a blank instead of the T, slashes instead of
 * dashes, and `Z`, `+01:00` or nothing in the end; or a time of day, `20:22:52.590`. Undefined for anything else.
 */
export function timeAt(text: string, at = 0): LineTime | undefined {
  if (text.charCodeAt(at + 2) === colon) {
    const time = timeOfDay(text, at);
    return time === undefined ? undefined : { ms: time.ms, hasDate: false };
  }
  const year = digits(text, at, 4);
  const month = digits(text, at + 5, 2);
  const day = digits(text, at + 8, 2);
  if (!(year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= 31)) return undefined;
  const time = timeOfDay(text, at + 11);
  if (time === undefined) return undefined;
  return { ms: daysSince1970(year, month, day) * dayMs + time.ms - zoneMs(text, time.end), hasDate: true };
}

const colon = 58;

function timeOfDay(text: string, at: number): { readonly ms: number; readonly end: number } | undefined {
  const hours = digits(text, at, 2);
  const minutes = digits(text, at + 3, 2);
  const seconds = digits(text, at + 6, 2);
  if (!(hours < 24 && minutes < 60 && seconds < 61) || text.charCodeAt(at + 2) !== colon) return undefined;
  let end = at + 8;
  let fraction = 0;
  const mark = text.charCodeAt(end);
  if (mark === 46 || mark === 44) {
    let scale = 100;
    for (end++; isDigit(text.charCodeAt(end)); end++) {
      fraction += (text.charCodeAt(end) - 48) * scale;
      scale /= 10;
    }
  }
  return { ms: ((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction, end };
}

/** What is to be taken away for UTC. */
function zoneMs(text: string, at: number): number {
  const sign = text.charAt(at);
  if (sign !== "+" && sign !== "-") return 0;
  const hours = digits(text, at + 1, 2);
  const minutes = digits(text, text.charCodeAt(at + 3) === colon ? at + 4 : at + 3, 2);
  if (Number.isNaN(hours) || Number.isNaN(minutes)) return 0;
  return (sign === "-" ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let offset = 0; offset < count; offset++) {
    const code = text.charCodeAt(at + offset);
    if (!isDigit(code)) return Number.NaN;
    value = value * 10 + code - 48;
  }
  return value;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Days of the proleptic Gregorian calendar, years beginning in March so that the leap day comes last. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** `20:22:52.590` of a time, with the day before it where it has one. */
export function clockText(ms: number, hasDate: boolean): string {
  const whole = Math.round(ms);
  const days = Math.floor(whole / dayMs);
  const rest = whole - days * dayMs;
  const two = (value: number, width = 2): string => String(value).padStart(width, "0");
  const seconds = Math.floor(rest / 1000);
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${two(rest % 1000, 3)}`;
  if (!hasDate) return days > 0 ? `day ${days + 1} ${clock}` : clock;
  const { year, month, day } = dateOf(days);
  return `${year}-${two(month)}-${two(day)} ${clock}`;
}

function dateOf(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}
