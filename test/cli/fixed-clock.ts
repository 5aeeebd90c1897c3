import { processHost } from '../../src/cli/process-host.ts';
import { runProgram } from '../../src/cli/program.ts';

/**
 * `grpc-vitals` on this terminal with a clock that stands still but for its sleeps: numbers are exact.
 * Answers have all the time that they need: a sleep that they can end lasts until they do.
 * The first argument is how many sleeps there are, of 100 ms; the next one lasts until Ctrl-C.
 */
const [sleeps, ...args] = process.argv.slice(2);
const host = processHost();
let at = 0;
let slept = 0;
host.end(
  await runProgram(args, {
    ...host,
    now: () => at,
    sleep: async (seconds, signal) => {
      if (signal !== host.interrupted) return host.sleep(1000, signal);
      at += seconds;
      slept += 1;
      await host.sleep(slept > Number(sleeps) ? 1000 : 0.1, signal);
    },
  }),
);
