import { readNumber, readOptions, runProgram, UsageError } from './arguments.ts';
import { createBooks, formatBooks } from './books.ts';
import { untilInterrupted } from './interrupt.ts';
import { clientCredentials, tlsOptions, tlsUsage } from './tls.ts';
import { runTraffic } from './traffic.ts';

const usage = `Clients of the shop: they make calls that end in every way there is, and keep books of them.

  npm run client -- [options]

  --address localhost:50051
  --seconds 0            how long; 0 is until Ctrl-C
  --rate 50              calls per second
${tlsUsage}`;

await runProgram(async () => {
  const options = readOptions(
    {
      address: { type: 'string', default: 'localhost:50051' },
      seconds: { type: 'string', default: '0' },
      rate: { type: 'string', default: '50' },
      ...tlsOptions,
    },
    usage,
  );
  const { address } = options;
  if (!/^.+:\d+$/.test(address)) throw new UsageError(`--address ${address} has no port: give it as host:port`);
  const seconds = readNumber('--seconds', options.seconds, 0, 1_000_000);
  const rate = readNumber('--rate', options.rate, 0.1, 10_000);
  const credentials = await clientCredentials(options, address);
  const signal = untilInterrupted(seconds);
  console.log(`calling ${address}, ${rate} times a second; ${seconds === 0 ? 'Ctrl-C ends it' : `for ${seconds} s`}`);
  const books = createBooks();
  try {
    await runTraffic({ address, credentials, signal, rate, books });
  } catch (error) {
    // Ctrl-C while it was still connecting.
    if (signal.reason !== 'SIGINT' && signal.reason !== 'SIGTERM') throw error;
  }
  console.log(formatBooks(books));
});
