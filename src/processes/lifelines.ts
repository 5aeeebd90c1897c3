import type { Identity, Life } from './identity.ts';
import { connectLifeline, type LostLine } from './lifeline.ts';
import { hasSocketFiles } from './socket-address.ts';

/** What is known of one process. */
interface Line {
  life: Life;
  /** Whether a connection was ever open. */
  wasOpen: boolean;
  /** Whether it was lost since the last `follow`, and then opened again at once. */
  isReopened: boolean;
  /** Ends the connection, or the attempt; undefined while there is neither. */
  stop: (() => void) | undefined;
}

/**
 * Says of the processes of a folder whether they live: what the system knows, or else what a connection to their lifeline tells.
 *
 * A process is dead if it refuses a connection: its socket is there, and nobody listens. No other end of a connection proves anything: a process
 * without free descriptors closes some, and somebody may have removed the socket.
 */
export class Lifelines {
  readonly #folder: string;
  readonly #systemLifeOf: (other: Identity) => Life;
  readonly #platform: NodeJS.Platform;
  readonly #lines = new Map<string, Line>();

  constructor(folder: string, systemLifeOf: (other: Identity) => Life, platform: NodeJS.Platform = process.platform) {
    this.#folder = folder;
    this.#systemLifeOf = systemLifeOf;
    this.#platform = platform;
  }

  /** `unknown` before the first answer of a process of which the system does not know. */
  readonly lifeOf = (other: Identity): Life => {
    const life = this.#systemLifeOf(other);
    return life === 'unknown' ? (this.#lines.get(other.name)?.life ?? 'unknown') : life;
  };

  /**
   * Connects to those of these processes of which the system does not know, and forgets all others. Call it again now and then: it
   * tries again where nothing is known.
   */
  follow(others: readonly Identity[]): void {
    const names = others.filter((other) => this.#systemLifeOf(other) === 'unknown').map(({ name }) => name);
    for (const [name, { stop }] of this.#lines) {
      if (names.includes(name)) continue;
      stop?.();
      this.#lines.delete(name);
    }
    for (const name of names) {
      const line = this.#lines.get(name) ?? newLine();
      line.isReopened = false;
      this.#lines.set(name, line);
      if (line.stop === undefined && line.life !== 'dead') this.#connect(name, line);
    }
  }

  /** Ends the connections. What was known stays known. */
  close(): void {
    for (const line of this.#lines.values()) {
      line.stop?.();
      line.stop = undefined;
    }
  }

  #connect(name: string, line: Line): void {
    const listener = {
      opened: () => {
        line.life = 'alive';
        line.wasOpen = true;
      },
      lost: (how: LostLine) => {
        line.stop = undefined;
        line.life = this.#isProof(how, line) ? 'dead' : 'unknown';
        if (!how.wasOpen || line.isReopened) return;
        line.isReopened = true;
        this.#connect(name, line);
      },
    };
    line.stop = connectLifeline(this.#folder, name, listener, this.#platform);
  }

  /** The name of a pipe of Windows goes with its process, and nobody else can remove it. */
  #isProof({ code }: LostLine, { wasOpen }: Line): boolean {
    return hasSocketFiles(this.#platform) ? code === 'ECONNREFUSED' : wasOpen && code === 'ENOENT';
  }
}

function newLine(): Line {
  return { life: 'unknown', wasOpen: false, isReopened: false, stop: undefined };
}
