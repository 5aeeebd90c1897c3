import { once } from 'node:events';
import { runProgram } from './arguments.ts';
import { formatBooks } from './books.ts';
import { clientCredentials, type TlsFlags } from './tls.ts';
import { runTraffic } from './traffic.ts';

/** The demo's first message to this process. The second one, whatever it is, ends the traffic. */
export interface TrafficOrder {
  readonly address: string;
  readonly tls: TlsFlags;
  readonly rate: number;
}

/*
 * The demo's clients, in a process of their own, so that the service has its event loop for itself.
 * The demo ends them, by a message or by its own end; Ctrl-C in a terminal reaches both, and is for the demo alone.
 */
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
const exit = () => process.exit(1);
process.once('disconnect', exit);

await runProgram(async () => {
  const [{ address, tls, rate }] = (await once(process, 'message')) as [TrafficOrder];
  const stop = new AbortController();
  process.once('message', () => stop.abort());
  const credentials = await clientCredentials(tls);
  console.log(formatBooks(await runTraffic({ address, credentials, rate, signal: stop.signal })));
});
process.off('disconnect', exit);
if (process.connected) process.disconnect();
