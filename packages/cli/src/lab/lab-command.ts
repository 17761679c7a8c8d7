import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import sirv from "sirv";
import { exitCodes, FailureError } from "../errors.ts";

export interface LabFlags {
  readonly port: number;
  readonly host: string;
  /** A folder with a build of the page; the one that comes with the command unless given. */
  readonly site?: string;
}

/** Where the built site is: beside the package that was installed, or in a clone of the repository. */
const places = ["../../site", "../../../../apps/lab/dist/site"];

/** `quorate lab [RUN]`: serves the site, and the file of a failing run beside it, until it is interrupted. */
export async function runLab({ port, host, site }: LabFlags, path?: string): Promise<number> {
  const run = path === undefined ? undefined : (await import("../sim/read-run.ts")).readRun(path).text;
  // Files are looked for with each request: the page may be built again meanwhile.
  const serve = sirv(siteFolder(site), { dev: true, single: false });
  const server = createServer((request, response) => {
    // A file that goes while it is sent ends that answer, and not the command.
    response.once("pipe", (file: Readable) => file.once("error", () => response.destroy()));
    response.setHeader("x-content-type-options", "nosniff");
    if (run !== undefined && request.method === "GET" && request.url === servedRun) {
      const name = `inline; filename*=UTF-8''${encodeURIComponent(basename(path ?? ""))}`;
      const headers = { "content-type": "application/json", "cache-control": "no-store", "content-disposition": name };
      response.writeHead(200, headers).end(run);
      return;
    }
    serve(request, response, () => {
      response.writeHead(404, { "content-type": "text/plain" }).end("Not found.\n");
    });
  });
  await listen(server, port, host);
  const { port: chosen } = server.address() as AddressInfo;
  const address = `http://${host.includes(":") ? `[${host}]` : host}:${chosen}/`;
  const told = run === undefined ? `The lab is at ${address}` : `The run is open in the lab at ${address}#/run/served`;
  process.stdout.write(`${told} (Ctrl-C ends it)\n`);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, resolve);
  });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return exitCodes.done;
}

/** Where the page asks for the run. */
const servedRun = "/run.json";

function siteFolder(given: string | undefined): string {
  if (given !== undefined) {
    if (existsSync(join(given, "index.html"))) return given;
    throw new FailureError(`There is no build of the lab in ${given}: it has no index.html.`);
  }
  const folders = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = folders.find((folder) => existsSync(folder));
  if (found === undefined) {
    throw new FailureError("The lab is not built here. In a clone of the repository, run: npm run lab");
  }
  return found;
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "the port is in use: choose another with --port" : error.message;
      reject(new FailureError(`The lab cannot be served at ${host}:${port}: ${why}.`));
    });
    server.listen(port, host, resolve);
  });
}
