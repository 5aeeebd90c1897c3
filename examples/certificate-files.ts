import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { experimental } from '@grpc/grpc-js';

/** PEM files of one side of TLS. */
export interface CertificatePaths {
  readonly cert: string;
  readonly key: string;
  /** Who signed the certificates of the other side. */
  readonly ca?: string | undefined;
}

export interface CertificateFilesOptions {
  /** How often to look at the files, in milliseconds. */
  readonly intervalMs?: number;
  /** Told why a change of the files was not taken. */
  readonly warn?: (message: string) => void;
}

interface Pems {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | undefined;
}

interface Files {
  readonly pems: Pems;
  /** Of each file: its inode, its time and its size. */
  readonly versions: string;
}

/**
 * Certificates that a server of grpc-js 1.12 or later takes from files, and takes again when the files change.
 *
 * A renewed certificate and its key are two files, so there is a moment in which they do not fit. grpc-js's own
 * `FileWatcherCertificateProvider` passes such a pair on, and the server then drops new connections. Here a pair that does
 * not fit is reported and read again, and the server keeps the old one. Only new connections see a new certificate: calls
 * under way go on.
 */
export class CertificateFiles implements experimental.CertificateProvider {
  readonly #paths: CertificatePaths;
  readonly #intervalMs: number;
  readonly #warn: (message: string) => void;
  readonly #caListeners = new Set<experimental.CaCertificateUpdateListener>();
  readonly #identityListeners = new Set<experimental.IdentityCertificateUpdateListener>();
  #pems: Pems;
  #versions: string;
  /** What the last look at the files complained of. */
  #problem = '';
  #timer: NodeJS.Timeout | undefined;

  private constructor(paths: CertificatePaths, options: Required<CertificateFilesOptions>, files: Files) {
    this.#paths = paths;
    this.#intervalMs = options.intervalMs;
    this.#warn = options.warn;
    this.#pems = files.pems;
    this.#versions = files.versions;
  }

  /** Reads the files. Rejects if they cannot be read, or do not fit. */
  static async open(
    paths: CertificatePaths,
    { intervalMs = 5000, warn = console.warn }: CertificateFilesOptions = {},
  ): Promise<CertificateFiles> {
    return new CertificateFiles(paths, { intervalMs, warn }, await readFiles(paths));
  }

  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#caListeners.add(listener);
    this.#watch();
    process.nextTick(() => this.#sendCa(listener));
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#caListeners.delete(listener);
    this.#watch();
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identityListeners.add(listener);
    this.#watch();
    process.nextTick(() => this.#sendIdentity(listener));
  }

  removeIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identityListeners.delete(listener);
    this.#watch();
  }

  /** Looks at the files as long as a server listens. It asks for inodes: Kubernetes swaps a symbolic link to the folder. */
  #watch(): void {
    clearTimeout(this.#timer);
    if (this.#caListeners.size + this.#identityListeners.size === 0) return;
    this.#timer = setTimeout(() => void this.#look(), this.#intervalMs).unref();
  }

  async #look(): Promise<void> {
    try {
      if ((await versionsOf(this.#paths)) !== this.#versions) await this.#reload();
    } catch (error) {
      const { message } = error as Error; // of the file system, or of TLS
      if (message !== this.#problem) this.#warn(`the server keeps its certificate: ${message}`);
      this.#problem = message;
    }
    this.#watch();
  }

  async #reload(): Promise<void> {
    const { pems, versions } = await readFiles(this.#paths);
    this.#pems = pems;
    this.#versions = versions;
    this.#problem = '';
    for (const listener of this.#caListeners) this.#sendCa(listener);
    for (const listener of this.#identityListeners) this.#sendIdentity(listener);
  }

  #sendCa(listener: experimental.CaCertificateUpdateListener): void {
    const { ca } = this.#pems;
    listener(ca === undefined ? null : { caCertificate: ca });
  }

  #sendIdentity(listener: experimental.IdentityCertificateUpdateListener): void {
    listener({ certificate: this.#pems.cert, privateKey: this.#pems.key });
  }
}

/** The files as they are now. Rejects if they do not fit. */
async function readFiles(paths: CertificatePaths): Promise<Files> {
  // First: a file that changes while it is read has another version at the next look.
  const versions = await versionsOf(paths);
  const { ca } = paths;
  const pems = {
    cert: await readFile(paths.cert),
    key: await readFile(paths.key),
    ca: ca === undefined ? undefined : await readFile(ca),
  };
  createSecureContext(pems);
  return { pems, versions };
}

/** Changes when one of the files is written, replaced, or reached by another link. */
async function versionsOf({ cert, key, ca }: CertificatePaths): Promise<string> {
  const stats = await Promise.all([cert, key, ...(ca === undefined ? [] : [ca])].map((path) => stat(path)));
  return stats.map(({ ino, mtimeMs, size }) => `${ino} ${mtimeMs} ${size}`).join();
}
