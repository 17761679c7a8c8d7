import { closeSync, createWriteStream, fstatSync, openSync, readSync, rmSync } from "node:fs";
import { cpus, freemem, loadavg, release, totalmem, type } from "node:os";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { redact, type Report } from "@quorate/doctor";
import { createTarPacker } from "modern-tar";
import { FailureError } from "../errors.ts";
import { version } from "../version.ts";
import { doctorText } from "./doctor-text.ts";
import type { ReadCluster } from "./read-cluster.ts";
import type { Input } from "./read-inputs.ts";

/** The end of each log that is taken along, and of all of them, in bytes. */
const mostOfOne = 16 * 1024 * 1024;
const mostOfAll = 256 * 1024 * 1024;

export interface BundleParts {
  readonly report: Report;
  readonly inputs: readonly Input[];
  readonly cluster: ReadCluster | undefined;
}

/** Writes a .tar.gz of the findings, the ends of the logs, and what members and machine say; secrets are taken out of all of it. */
export async function writeBundle(file: string, parts: BundleParts): Promise<void> {
  const { readable, controller } = createTarPacker();
  const written = pipeline(readable, createGzip(), createWriteStream(file, { mode: 0o600 }));
  try {
    for (const [name, text] of entries(parts)) {
      const body = Buffer.from(redact(text), "utf8");
      const writer = controller.add({ name: `quorate-doctor/${name}`, size: body.length, mode: 0o600 }).getWriter();
      await writer.write(body);
      await writer.close();
    }
    controller.finalize();
    await written;
  } catch (error) {
    await written.catch(() => undefined);
    rmSync(file, { force: true });
    throw new FailureError(`${file} could not be written: ${(error as Error).message}`, { cause: error });
  }
}

function* entries({ report, inputs, cluster }: BundleParts): Generator<readonly [name: string, text: string]> {
  yield ["findings.txt", doctorText(report, { timeline: true })];
  yield ["findings.json", `${JSON.stringify(report, undefined, 2)}\n`];
  yield ["machine.json", `${JSON.stringify(machine(), undefined, 2)}\n`];
  if (cluster !== undefined) {
    // Metrics are pages of their own.
    const reading = JSON.stringify(
      cluster.reading,
      (key, value: unknown) => (key === "metrics" ? undefined : value),
      2,
    );
    yield ["cluster.json", `${reading}\n`];
    for (const [name, page] of cluster.pages) yield [`metrics/${fileName(name)}.txt`, page];
  }
  let left = mostOfAll;
  for (const [at, { path }] of inputs.entries()) {
    if (path === undefined || left <= 0) continue;
    const text = endOf(path, Math.min(mostOfOne, left));
    left -= text.length;
    yield [`logs/${at + 1}-${fileName(path)}`, text];
  }
}

/** Where this command runs; the members may run elsewhere. */
function machine(): object {
  return {
    quorate: version,
    node: process.version,
    system: `${type()} ${release()}`,
    processors: cpus().length,
    load: loadavg(),
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
    at: new Date().toISOString(),
  };
}

function fileName(path: string): string {
  return path
    .slice(path.lastIndexOf("/") + 1)
    .replaceAll(/[^\w.-]+/g, "_")
    .slice(-80);
}

/** Whole lines, as text; what is packed or no text is only named. */
function endOf(path: string, most: number): string {
  try {
    const file = openSync(path, "r");
    try {
      const size = fstatSync(file).size;
      const bytes = Buffer.alloc(Math.min(most, size));
      const count = readSync(file, bytes, 0, bytes.length, Math.max(0, size - bytes.length));
      const read = bytes.subarray(0, count);
      if (read.includes(0)) return `${path} is packed or no text, and was left out\n`;
      const text = read.toString("utf8");
      return size > count ? text.slice(text.indexOf("\n") + 1) : text;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return `${path} could not be read: ${(error as Error).message}\n`;
  }
}
