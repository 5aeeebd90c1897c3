import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** A terminal in a tmux of its own, with its own socket and without configuration. */
export class Tmux {
  readonly #socket = `grpc-vitals-${process.pid}-${Math.random().toString(36).slice(2)}`;

  readonly #binary: string;

  /** Runs a command in it, in the current folder. `binary` is tmux's own path. */
  constructor(binary: string, command: string, columns: number, rows: number) {
    this.#binary = binary;
    // The libraries that tmux was started with are not for what runs in it.
    const clean = `exec env -u LD_LIBRARY_PATH ${command}`;
    this.#run('-f', '/dev/null', 'new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, clean);
  }

  /** What is on the screen, without blanks at the ends of lines and without empty lines at the end. */
  screen(): string {
    return this.#run('capture-pane', '-p')
      .replace(/[ \t]+$/gm, '')
      .trimEnd();
  }

  /** The codes of the colours and weights on the screen, each once. */
  colours(): string[] {
    const text = this.#run('capture-pane', '-p', '-e');
    const codes = text
      .split('\u001B[')
      .slice(1)
      .map((part) => part.slice(0, part.indexOf('m')));
    return [...new Set(codes.flatMap((code) => code.split(';')))]
      .filter((code) => !['', '0', '39', '49'].includes(code))
      .sort();
  }

  /** Whether a full-screen program has the screen. */
  isAlternate(): boolean {
    return this.#run('display-message', '-p', '#{alternate_on}').trim() === '1';
  }

  /** Of the process in it whose command line matches. */
  pid(pattern: RegExp): number {
    const tty = this.#run('display-message', '-p', '#{pane_tty}').trim();
    const { stdout } = spawnSync('ps', ['-t', tty, '-o', 'pid=,args='], { encoding: 'utf8' });
    const line = stdout.split('\n').find((text) => pattern.test(text) && !/^ *\d+ (sh|env) /.test(text));
    if (line === undefined) throw new Error(`no process ${pattern} in:\n${stdout}`);
    return Number.parseInt(line, 10);
  }

  /** Waits until the screen matches; fails with what is there after 15 s. */
  async until(pattern: RegExp): Promise<string> {
    for (const start = Date.now(); ; ) {
      const screen = this.screen();
      if (pattern.test(screen)) return screen;
      if (Date.now() - start > 15_000) throw new Error(`never ${pattern}:\n${screen}`);
      await sleep(50);
    }
  }

  resize(columns: number, rows: number): void {
    this.#run('resize-window', '-x', `${columns}`, '-y', `${rows}`);
  }

  /** Types a text as it is. */
  type(text: string): void {
    this.#run('send-keys', '-l', text);
  }

  /** Presses a key by tmux's name for it, or types letters. */
  press(key: string): void {
    this.#run('send-keys', key);
  }

  close(): void {
    spawnSync(this.#binary, ['-L', this.#socket, 'kill-server']);
  }

  #run(...args: string[]): string {
    const env = { ...process.env, TMUX: '', TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' };
    const { status, stdout, stderr } = spawnSync(this.#binary, ['-u', '-L', this.#socket, ...args], {
      encoding: 'utf8',
      env,
    });
    if (status !== 0) throw new Error(`tmux ${args.join(' ')}: ${stderr}`);
    return stdout;
  }
}
