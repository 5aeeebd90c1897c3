/**
 * Signals of one Ctrl-C can come twice: from the terminal to the whole group, and again from npm or tsx, which pass
 * them on. Only a signal that comes later than this is a second one, in milliseconds.
 */
const SAME_SIGNAL_MS = 500;

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Aborts at SIGINT or SIGTERM, with the signal's name as the reason, and after `seconds` if they are not 0.
 * A second signal ends the process at once.
 */
export function untilInterrupted(seconds = 0): AbortSignal {
  const controller = new AbortController();
  let first: number | undefined;
  const interrupt = (signal: 'SIGINT' | 'SIGTERM') => {
    if (first !== undefined && performance.now() - first > SAME_SIGNAL_MS) process.exit(EXIT_CODES[signal]);
    first ??= performance.now();
    controller.abort(signal);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  if (seconds > 0) setTimeout(() => controller.abort(), seconds * 1000).unref();
  abortWithNpm(controller);
  return controller.signal;
}

/**
 * A signal to npm alone ends npm and the shell between it and us, and never reaches us: under npm the end of
 * that shell is the signal.
 */
function abortWithNpm(controller: AbortController): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const shell = process.ppid;
  setInterval(() => {
    if (process.ppid !== shell) controller.abort();
  }, 500).unref();
}

/** Resolves when the signal aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
}
