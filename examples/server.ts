import { readOptions, readPort, runProgram } from './arguments.ts';
import { aborted, untilInterrupted } from './interrupt.ts';
import { openShop } from './shop.ts';
import { serverCredentials, tlsOptions, tlsUsage } from './tls.ts';

const usage = `The shop: a gRPC service with metrics.

  npm run server -- [options]

  --port 50051           of gRPC; 0 takes a free one
  --metrics-port 8000    of /metrics; 0 takes a free one
  --host ADDRESS         where both listen; by default gRPC on 127.0.0.1, the metrics on every address
${tlsUsage}`;

await runProgram(async () => {
  const options = readOptions(
    {
      port: { type: 'string', default: '50051' },
      'metrics-port': { type: 'string', default: '8000' },
      host: { type: 'string' },
      ...tlsOptions,
    },
    usage,
  );
  const shop = await openShop({
    port: readPort('--port', options.port),
    metricsPort: readPort('--metrics-port', options['metrics-port']),
    host: options.host,
    credentials: await serverCredentials(options),
  });
  const interrupted = untilInterrupted();
  console.log(`gRPC     ${shop.address}${options.tls ? ' (TLS)' : ''}
metrics  ${shop.metricsUrl}

  curl ${shop.metricsUrl}

Ctrl-C ends it.`);
  await aborted(interrupted);
  await shop.close();
});
