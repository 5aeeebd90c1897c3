import { checkKeys, keysOf, renamedTo } from './core/check-keys.ts';
import { checkObject } from './core/check-object.ts';
import { checkBoolean, checkFunction } from './core/check-type.ts';
import type { ClientMetricsOptions, GrpcMetricsOptions } from './options.ts';

const keys = keysOf<GrpcMetricsOptions>({
  service: true,
  naming: true,
  buckets: true,
  nativeHistograms: true,
  exemplars: true,
  createdSamples: true,
  only: true,
  exclude: true,
  callLabels: true,
  constantLabels: true,
  details: true,
  maxCallSeries: true,
  runtime: true,
  client: true,
  logger: true,
});

const clientKeys = keysOf<ClientMetricsOptions>({ targets: true, attempts: true });

/** Options of earlier versions, and what each is now. */
const renamed: Readonly<Record<string, string>> = {
  include: renamedTo('only'),
  labels: renamedTo('callLabels'),
  maxSeries: renamedTo('maxCallSeries'),
  targets: 'which is now client: { targets }',
  attempts: 'which is now client: { attempts }',
};

/**
 * Throws `invalid_option` for an unknown key and for a value of the wrong type.
 *
 * The parts of the library check the options that have a form of their own, such as `naming` and `buckets`.
 */
export function checkOptions(given: GrpcMetricsOptions): void {
  checkObject('the options of GrpcMetrics must be an object', given);
  checkKeys('GrpcMetrics', given, keys, renamed);
  checkBoolean('createdSamples', given.createdSamples);
  checkBoolean('runtime', given.runtime);
  const { client } = given;
  if (client === undefined) return;
  checkObject('client must be an object, such as { attempts: true }', client);
  checkKeys('client', client, clientKeys);
  checkFunction('client: targets', client.targets, '(target) => boolean');
  checkBoolean('client: attempts', client.attempts);
}
