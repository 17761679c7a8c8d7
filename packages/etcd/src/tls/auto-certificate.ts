import { X509Certificate } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import { writeDurably } from "../durable-file.ts";
import type { TlsFiles } from "./tls-options.ts";

const dayMs = 24 * 60 * 60 * 1000;
const validDays = 365;

/**
 * A certificate that signs itself, for whoever tries TLS out: kept in the data directory, where a client can be given it as
 * the authority to trust, and made anew when it has ended.
 */
export async function autoCertificate(
  dataDir: string,
  whose: "client" | "peer",
  hosts: readonly string[],
): Promise<TlsFiles> {
  const folder = join(dataDir, "fixtures", whose);
  const files = { certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") };
  if (await isGood(files)) return files;
  const now = Date.now();
  const names = new Set([...hosts, "localhost", "127.0.0.1", "::1", hostname()]);
  const made = await generate([{ name: "organizationName", value: "Quorate" }], {
    keyType: "ec",
    algorithm: "sha256",
    notBeforeDate: new Date(now - dayMs),
    notAfterDate: new Date(now + validDays * dayMs),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", digitalSignature: true, keyCertSign: true, critical: true },
      { name: "extKeyUsage", serverAuth: true, clientAuth: true },
      { name: "subjectAltName", altNames: [...names].map(nameEntry) },
    ],
  });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeDurably(files.keyFile, made.private);
  await writeDurably(files.certFile, made.cert);
  return files;
}

async function isGood({ certFile, keyFile }: TlsFiles): Promise<boolean> {
  try {
    const [certificate] = await Promise.all([readFile(certFile), readFile(keyFile)]);
    return Date.parse(new X509Certificate(certificate).validTo) > Date.now() + dayMs;
  } catch {
    return false;
  }
}

function nameEntry(name: string): { type: 2; value: string } | { type: 7; ip: string } {
  return /^[\d.]+$/.test(name) || name.includes(":") ? { type: 7, ip: name } : { type: 2, value: name };
}
