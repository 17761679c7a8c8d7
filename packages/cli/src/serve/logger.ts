import type { LogFields, Logger } from "@quorate/host";
import { pino, stdTimeFunctions } from "pino";
import { formatLogLine } from "./pretty-log.ts";
import type { LogFormat, LogLevel } from "./serve-options.ts";

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Colours in the pretty format. */
  readonly colour: boolean;
  /** Put into every line, so that lines of several members can be told apart. */
  readonly member: string;
  /** Takes whole lines, with their line ends. */
  readonly write: (text: string) => void;
}

/** Structured logs: JSON lines through pino, or the same lines set for people. */
export function createLogger(options: LoggerOptions): Logger {
  const write =
    options.format === "json"
      ? options.write
      : (text: string) => {
          const line = JSON.parse(text) as Readonly<Record<string, unknown>>;
          options.write(`${formatLogLine(line, options.colour)}\n`);
        };
  const sink = pino(
    {
      level: options.level,
      base: { member: options.member },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  return {
    debug: (message: string, fields: LogFields = {}) => sink.debug(fields, message),
    info: (message: string, fields: LogFields = {}) => sink.info(fields, message),
    warn: (message: string, fields: LogFields = {}) => sink.warn(fields, message),
    error: (message: string, fields: LogFields = {}) => sink.error(fields, message),
  };
}
