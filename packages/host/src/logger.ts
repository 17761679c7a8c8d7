/** Structured fields of one log line: plain data, printable as JSON. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined | readonly (string | number)[]>>;

/** Where log lines go. Libraries never write to a console; the program that embeds them decides. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const nothing = (): void => {};

/** A logger that says nothing. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
