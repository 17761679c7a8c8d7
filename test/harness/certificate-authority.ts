import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Files of PEM. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Subject {
  readonly commonName: string;
  /** As OpenSSL writes them: "IP:127.0.0.1", "DNS:localhost". None: the certificate names no host. */
  readonly hosts?: readonly string[];
}

const keyArguments = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** An authority of a test's own, by OpenSSL, in a temporary folder that `after` removes. */
export class CertificateAuthority {
  readonly folder: string;
  readonly #name: string;
  #issued = 0;

  constructor(name: string, after: (end: () => void) => void) {
    this.#name = name;
    this.folder = mkdtempSync(join(tmpdir(), "quorate-ca-"));
    after(() => rmSync(this.folder, { recursive: true, force: true }));
    const own = ["-days", "2", "-subj", `/CN=${name}`, "-keyout", this.#path("ca-key"), "-out", this.caFile];
    openssl("req", "-x509", ...keyArguments, ...own);
  }

  get caFile(): string {
    return this.#path("ca");
  }

  get certificate(): Buffer {
    return readFileSync(this.caFile);
  }

  issue({ commonName, hosts = [] }: Subject, days = 2): CertificateFiles {
    const name = `${this.#name}-${++this.#issued}`;
    const [certFile, keyFile, requestFile, extensionFile] = [
      this.#path(name),
      this.#path(`${name}-key`),
      this.#path(`${name}-request`),
      this.#path(`${name}-extensions`),
    ];
    openssl("req", ...keyArguments, "-subj", `/CN=${commonName}`, "-keyout", keyFile, "-out", requestFile);
    const names = hosts.length === 0 ? "" : `subjectAltName=${hosts.join(",")}\n`;
    writeFileSync(extensionFile, `${names}extendedKeyUsage=serverAuth,clientAuth\n`);
    const signing = ["-CA", this.caFile, "-CAkey", this.#path("ca-key"), "-CAcreateserial", "-days", String(days)];
    openssl("x509", "-req", "-in", requestFile, ...signing, "-extfile", extensionFile, "-out", certFile);
    return { certFile, keyFile };
  }

  /** The same, read. */
  issued(subject: Subject): { readonly certificate: Buffer; readonly key: Buffer } {
    const { certFile, keyFile } = this.issue(subject);
    return { certificate: readFileSync(certFile), key: readFileSync(keyFile) };
  }

  /** A list of revoked certificates with these on it; gives its path. */
  revoke(...revoked: readonly CertificateFiles[]): string {
    const [database, config, list] = [this.#path("database"), this.#path("config"), this.#path("revoked")];
    writeFileSync(database, "");
    writeFileSync(config, `[ca]\ndefault_ca=own\n[own]\ndatabase=${database}\ndefault_md=sha256\ndefault_crl_days=2\n`);
    const own = ["-config", config, "-cert", this.caFile, "-keyfile", this.#path("ca-key")];
    for (const { certFile } of revoked) openssl("ca", ...own, "-revoke", certFile);
    openssl("ca", ...own, "-gencrl", "-out", list);
    return list;
  }

  #path(name: string): string {
    return join(this.folder, `${name}.pem`);
  }
}

function openssl(...args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: "pipe" });
}
