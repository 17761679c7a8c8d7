import { UsageError } from "../errors.ts";
import type { ServeOptionName } from "./option-table.ts";
import { environmentNames, serveOptionRows } from "./option-table.ts";

/** A value as it was given, and where, so that an error can point at it. */
export interface Setting {
  readonly value: string;
  readonly origin: string;
}

export type Settings = Readonly<Partial<Record<ServeOptionName, Setting>>>;

export interface SettingSources {
  /** By option name without the dashes. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: Readonly<Record<string, Setting>>;
}

/**
 * One value per option: a flag beats the environment, the environment beats the file. An empty environment variable
 * counts as absent, as in etcd. Fails with `UsageError` on a key of the file that is no option.
 */
export function gatherSettings(sources: SettingSources): Settings {
  const known = new Set<string>(serveOptionRows.map(({ flag }) => flag));
  for (const [key, { origin }] of Object.entries(sources.file)) {
    if (!known.has(key)) throw new UsageError(`There is no option "${key}" (${origin}). See quorate serve --help.`);
  }
  const settings: Partial<Record<ServeOptionName, Setting>> = {};
  for (const { flag } of serveOptionRows) {
    const setting = fromFlag(flag, sources) ?? fromEnvironment(flag, sources) ?? sources.file[flag];
    if (setting !== undefined) settings[flag] = setting;
  }
  return settings;
}

function fromFlag(flag: string, { flags }: SettingSources): Setting | undefined {
  const value = flags[flag];
  return value === undefined ? undefined : { value, origin: `flag --${flag}` };
}

function fromEnvironment(flag: string, { environment }: SettingSources): Setting | undefined {
  for (const name of environmentNames(flag)) {
    const value = environment[name];
    if (value !== undefined && value !== "") return { value, origin: `environment variable ${name}` };
  }
  return undefined;
}
