import { stat } from 'node:fs/promises';

export interface FileWatchOptions {
  /** Reads the files anew. Resolves with the files to watch from then on. */
  readonly reload: () => Promise<readonly string[]>;
  /** Called when files could not be used. The next look tries again. */
  readonly failed: (error: unknown) => void;
  /** Seconds between two looks; 5 by default. */
  readonly intervalSeconds?: number;
}

/**
 * Reads files again when they change.
 *
 * It looks at them once in a while instead of listening: Kubernetes replaces a link above the file, of which `fs.watch`
 * of the file says nothing. A certificate and its key are two files, and one of them is always written first: so what
 * could not be used is tried again, also if nothing seems to have changed.
 */
export class FileWatch {
  readonly #options: FileWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #files: readonly string[];
  #stamp: string | undefined;
  #isLooking = false;
  #isClosed = false;

  constructor(files: readonly string[], options: FileWatchOptions) {
    this.#files = files;
    this.#options = options;
    this.#timer = setInterval(() => void this.look(), (options.intervalSeconds ?? 5) * 1000).unref();
  }

  /** Looks at the files now. Never rejects. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      // Taken before they are read: what changes meanwhile is seen the next time.
      const stamp = await stampOf(this.#files);
      if (stamp === this.#stamp) return;
      this.#files = await this.#options.reload();
      this.#stamp = stamp;
    } catch (error) {
      this.#stamp = undefined;
      if (!this.#isClosed) this.#options.failed(error);
    } finally {
      this.#isLooking = false;
    }
  }

  /** Ends the watch. Nobody is told of a look that is under way. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
  }
}

async function stampOf(files: readonly string[]): Promise<string> {
  const stamps = files.map(async (file) => {
    try {
      const { dev, ino, mtimeMs, ctimeMs, size } = await stat(file);
      return [file, dev, ino, mtimeMs, ctimeMs, size].join(' ');
    } catch {
      return `${file} cannot be read`;
    }
  });
  return (await Promise.all(stamps)).join('\n');
}
