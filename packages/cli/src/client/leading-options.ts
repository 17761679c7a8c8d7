import { Command } from "commander";
import { withAnswerOptions, withHex } from "./client-options.ts";

/**
 * etcdctl's users put options before the command: `--endpoints=a:2379 get key`. Moves those that every client command knows
 * to the end, where ours are.
 */
export function withOptionsLast(args: readonly string[]): string[] {
  const { options } = withHex(withAnswerOptions(new Command()));
  let taken = 0;
  for (;;) {
    const [name = "", value] = (args[taken] ?? "").split("=", 2);
    const option = options.find(({ long, short }) => long === name || short === name);
    if (option === undefined) break;
    taken += option.required && value === undefined ? 2 : 1;
  }
  const rest = args.slice(taken);
  const dashes = rest.indexOf("--");
  const commandEnd = dashes < 0 ? rest.length : dashes;
  return [...rest.slice(0, commandEnd), ...args.slice(0, taken), ...rest.slice(commandEnd)];
}
