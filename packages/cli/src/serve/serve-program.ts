import { Option, type Command } from "commander";
import type { SetCode } from "../arguments.ts";
import { gatherSettings } from "./gather-settings.ts";
import { serveOptionRows } from "./option-table.ts";
import type { ServeOptions } from "./serve-options.ts";

export function addServe(program: Command, setCode: SetCode): void {
  const serve = program.command("serve").description("run one member of a cluster, until SIGTERM or SIGINT");
  withServeOptions(serve).addHelpText(
    "after",
    `
Each option is also an environment variable (QUORATE_NAME, or ETCD_NAME as etcd reads it) and a key of the config file.
A flag beats the environment, which beats the file.

Example: the first of three members
  quorate serve --name a --data-dir /var/lib/quorate \\
    --listen-client-urls http://10.0.0.1:2379 --advertise-client-urls http://10.0.0.1:2379 \\
    --listen-peer-urls http://10.0.0.1:2380 --initial-advertise-peer-urls http://10.0.0.1:2380 \\
    --initial-cluster a=http://10.0.0.1:2380,b=http://10.0.0.2:2380,c=http://10.0.0.3:2380`,
  );
  serve.action(async () => {
    const options = await optionsOf(serve);
    const { runServe } = await import("./serve-command.ts");
    setCode(await runServe(options));
  });
}

export function addJoin(program: Command, setCode: SetCode): void {
  const join = program
    .command("join")
    .description("add this member to a cluster that runs, and run it: a learner, then a voter once it has caught up")
    .argument("<url>", "where the cluster serves clients; several with commas");
  withServeOptions(join).addHelpText(
    "after",
    `
The options are those of "serve"; --initial-cluster is not needed, since the cluster says who is in it. The same command starts
the member again later, and goes on with a joining that broke off.

Example
  quorate join http://10.0.0.1:2379 --name d --data-dir /var/lib/quorate \\
    --listen-client-urls http://10.0.0.4:2379 --advertise-client-urls http://10.0.0.4:2379 \\
    --listen-peer-urls http://10.0.0.4:2380 --initial-advertise-peer-urls http://10.0.0.4:2380`,
  );
  join.action(async (url: string) => {
    const options = await optionsOf(join);
    const { runJoin } = await import("./join-command.ts");
    setCode(await runJoin(url, options));
  });
}

function withServeOptions(command: Command): Command {
  command.option("--config-file <path>", "YAML or JSON with the options below as keys");
  for (const { flag, argument, defaultText, description } of serveOptionRows) {
    command.addOption(new Option(`--${flag} ${argument}`, `${description} (default: ${defaultText})`));
  }
  return command;
}

/** Out of flags, environment and config file. Fails with `UsageError`. */
async function optionsOf(command: Command): Promise<ServeOptions> {
  const given: Record<string, string | true | undefined> & { readonly configFile?: string } = command.opts();
  const flags = Object.fromEntries(
    serveOptionRows.map(({ flag }) => {
      const value = given[camelCase(flag)];
      // A flag that is given alone.
      return [flag, value === true ? "true" : value];
    }),
  );
  const path = given.configFile ?? process.env["QUORATE_CONFIG_FILE"] ?? process.env["ETCD_CONFIG_FILE"];
  const file = path === undefined || path === "" ? {} : (await import("./config-file.ts")).readConfigFile(path);
  // Only who serves needs to know what can be served.
  const { resolveServeOptions } = await import("./serve-options.ts");
  return resolveServeOptions(gatherSettings({ flags, environment: process.env, file }), process.stderr.isTTY);
}

function camelCase(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
