import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
  /** The same, as files. */
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** A certificate for 127.0.0.1 and localhost that signs itself. */
export function selfSigned(context: TestContext, name: string): Certificate {
  const folder = mkdtempSync(join(tmpdir(), "quorate-tls-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const certificateFile = join(folder, "certificate.pem");
  const keyFile = join(folder, "key.pem");
  const names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"].concat([
      "-subj",
      `/CN=${name}`,
      "-addext",
      names,
      "-keyout",
      keyFile,
      "-out",
      certificateFile,
    ]),
    { stdio: "pipe" },
  );
  return {
    certificate: readFileSync(certificateFile, "utf8"),
    key: readFileSync(keyFile, "utf8"),
    certificateFile,
    keyFile,
  };
}
