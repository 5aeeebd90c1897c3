import { readNumber, readOptions, readPort, runProgram } from './arguments.ts';
import { startClients } from './clients.ts';
import { aborted, untilInterrupted } from './interrupt.ts';
import { printLiveNumbers } from './live.ts';
import { openShop } from './shop.ts';
import { serverCredentials, tlsOptions, tlsUsage } from './tls.ts';

const usage = `The demo: the shop with its metrics, and clients that keep it busy.

  npm start -- [options]

  --port 50051           of gRPC; 0 takes a free one
  --metrics-port 8000    of /metrics; 0 takes a free one
  --client-metrics-port  of the clients' own /metrics; by default the next one
  --host ADDRESS         where they listen; by default gRPC on 127.0.0.1, the metrics on every address
  --seconds 0            how long; 0 is until Ctrl-C
  --rate 50              calls per second
${tlsUsage}`;

await runProgram(async () => {
  const options = readOptions(
    {
      port: { type: 'string', default: '50051' },
      'metrics-port': { type: 'string', default: '8000' },
      'client-metrics-port': { type: 'string' },
      host: { type: 'string' },
      seconds: { type: 'string', default: '0' },
      rate: { type: 'string', default: '50' },
      ...tlsOptions,
    },
    usage,
  );
  const seconds = readNumber('--seconds', options.seconds, 0, 1_000_000);
  const rate = readNumber('--rate', options.rate, 0.1, 10_000);
  const metricsPort = readPort('--metrics-port', options['metrics-port']);
  const next = metricsPort === 0 ? '0' : String(metricsPort + 1);
  const clientMetricsPort = readPort('--client-metrics-port', options['client-metrics-port'] ?? next);
  const shop = await openShop({
    port: readPort('--port', options.port),
    metricsPort,
    host: options.host,
    credentials: await serverCredentials(options),
  });
  const interrupted = untilInterrupted(seconds);
  console.log(`look     ${new URL('/', shop.metricsUrl).href}
metrics  ${shop.metricsUrl}
gRPC     ${shop.address}${options.tls ? ' (TLS)' : ''}

  curl ${shop.metricsUrl}

${rate} calls/s from 4 clients; ${seconds === 0 ? 'Ctrl-C ends it.' : `ends after ${seconds} s.`}`);
  const { tls, mutual, cert, key, ca, host } = options;
  const clients = startClients({
    address: shop.address,
    tls: { tls, mutual, cert, key, ca },
    rate,
    metricsPort: clientMetricsPort,
    host,
  });
  const clientMetricsUrl = await clients.metricsUrl;
  if (clientMetricsUrl !== undefined)
    console.log(`\nThe clients' own, at ${new URL('/', clientMetricsUrl).href}:\n\n  curl ${clientMetricsUrl}\n`);
  const stopPrinting = printLiveNumbers(shop.metrics);
  await Promise.race([aborted(interrupted), clients.ended]);
  stopPrinting();
  const failed = !interrupted.aborted;
  await clients.close();
  await shop.close();
  if (failed) throw new Error('the clients ended by themselves; see above');
});
