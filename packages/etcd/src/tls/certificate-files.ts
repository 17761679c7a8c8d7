import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Logger } from "@quorate/host";
import { EtcdServerError } from "../server-options.ts";
import type { TlsFiles } from "./tls-options.ts";

/** What the files hold, as PEM. */
export interface LoadedFiles {
  readonly certificate: Buffer;
  readonly key: Buffer;
  readonly authorities: Buffer | undefined;
  readonly revoked: Buffer | undefined;
}

/** How it is about one member's certificate, for metrics. */
export interface CertificateStatus {
  /** When it ends, in ms since 1970. */
  readonly endsAtMs: number;
  /** New files that are in use. */
  readonly renewals: number;
  /** Looks at new files that could not be used, or not be read. */
  readonly failures: number;
}

export interface CertificateFilesOptions {
  readonly files: TlsFiles;
  /** "clients", "members": for people. */
  readonly whose: string;
  /** Uses what was loaded. Throws what is wrong with it, and goes on with what it had. */
  readonly use: (loaded: LoadedFiles) => void;
  readonly logger: Logger;
  readonly lookMs: number;
}

/** A certificate that ends so soon is spoken of. */
const warnBeforeMs = 7 * 24 * 60 * 60 * 1000;
const warnEveryMs = 24 * 60 * 60 * 1000;

/** Reads a member's certificate files. Rejects with `EtcdServerError`, which says which file is at fault. */
export async function loadCertificates(files: TlsFiles): Promise<LoadedFiles> {
  const [certificate, key, authorities, revoked] = await Promise.all([
    read(files.certFile),
    read(files.keyFile),
    files.trustedCaFile === undefined ? undefined : read(files.trustedCaFile),
    files.crlFile === undefined ? undefined : read(files.crlFile),
  ]);
  endOf(certificate, files.certFile);
  return { certificate, key, authorities, revoked };
}

/** Looks whether certificate files have changed, and puts what they hold to use: nothing is restarted for that. */
export class CertificateFiles {
  readonly #options: CertificateFilesOptions;
  readonly #timer: NodeJS.Timeout;
  #used: LoadedFiles;
  #renewals = 0;
  #failures = 0;
  #complaint: string | undefined;
  #warnedAtMs = Number.NEGATIVE_INFINITY;
  #isLooking = false;

  constructor(options: CertificateFilesOptions, loaded: LoadedFiles) {
    this.#options = options;
    this.#used = loaded;
    this.#timer = setInterval(() => void this.look(), options.lookMs).unref();
    this.#warnOfEnd();
  }

  get status(): CertificateStatus {
    const endsAtMs = endOf(this.#used.certificate, this.#options.files.certFile);
    return { endsAtMs, renewals: this.#renewals, failures: this.#failures };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks now. What is wrong is said once, until it changes. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { files, whose, use, logger } = this.#options;
    try {
      const loaded = await loadCertificates(files);
      if (isSame(loaded, this.#used)) this.#complaint = undefined;
      else {
        use(loaded);
        this.#used = loaded;
        this.#renewals++;
        this.#complaint = undefined;
        const endsAt = new Date(this.status.endsAtMs).toISOString();
        logger.info(`TLS for ${whose}: a new certificate is in use`, { file: files.certFile, endsAt });
      }
      this.#warnOfEnd();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#failures++;
      if (reason === this.#complaint) return;
      this.#complaint = reason;
      logger.warn(`TLS for ${whose}: the new files cannot be used, and the old certificate stays`, { reason });
    } finally {
      this.#isLooking = false;
    }
  }

  #warnOfEnd(): void {
    const { whose, files, logger } = this.#options;
    const { endsAtMs } = this.status;
    const now = Date.now();
    if (endsAtMs - now > warnBeforeMs || now - this.#warnedAtMs < warnEveryMs) return;
    this.#warnedAtMs = now;
    const endsAt = new Date(endsAtMs).toISOString();
    logger.warn(`TLS for ${whose}: the certificate ${endsAtMs < now ? "has ended" : "ends soon"}: renew the file`, {
      file: files.certFile,
      endsAt,
    });
  }
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EtcdServerError(`the TLS file ${path} cannot be read: ${why}`, { cause });
  }
}

function endOf(certificate: Buffer, path: string): number {
  try {
    return Date.parse(new X509Certificate(certificate).validTo);
  } catch (cause) {
    throw new EtcdServerError(`the file ${path} holds no certificate in PEM`, { cause });
  }
}

function isSame(one: LoadedFiles, other: LoadedFiles): boolean {
  const parts = ["certificate", "key", "authorities", "revoked"] as const;
  return parts.every((part) => (one[part] ?? noBytes).equals(other[part] ?? noBytes));
}

const noBytes = Buffer.alloc(0);
