import { checkKeys, keysOf, renamedTo } from './core/check-keys.ts';
import { checkObject } from './core/check-object.ts';
import { checkBoolean, checkFunction } from './core/check-type.ts';
import { invalidOption, MetricsError } from './core/errors.ts';
import { quoted } from './core/printable.ts';
import type { ClientMetricsOptions, GrpcMetricsOptions, ProcessesOptions } from './options.ts';

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
  processes: true,
  logger: true,
});

const processesKeys = keysOf<ProcessesOptions>({ folder: true, maxBytes: true });
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
  checkProcesses(given);
  const { client } = given;
  if (client === undefined) return;
  checkObject('client must be an object, such as { attempts: true }', client);
  checkKeys('client', client, clientKeys);
  checkFunction('client: targets', client.targets, '(target) => boolean');
  checkBoolean('client: attempts', client.attempts);
}

function checkProcesses({ processes, constantLabels, callLabels }: GrpcMetricsOptions): void {
  if (processes === undefined || processes === false) return;
  for (const [option, labels] of Object.entries({ constantLabels, callLabels })) {
    if (!Object.hasOwn(labels ?? {}, 'worker')) continue;
    throw new MetricsError('invalid_label', `${option}: worker is the label of processes: rename yours`);
  }
  if (processes === true) return;
  checkObject("processes must be true, false or an object, such as { folder: '/dev/shm/shop' }", processes);
  checkKeys('processes', processes, processesKeys);
  const { folder, maxBytes } = processes;
  if (folder !== undefined && (typeof folder !== 'string' || folder === '')) {
    throw invalidOption(`processes: folder must be a path, not ${quoted(folder)}`);
  }
  if (maxBytes !== undefined && !(Number.isSafeInteger(maxBytes) && maxBytes >= 1_000_000)) {
    throw invalidOption(`processes: maxBytes must be an integer of at least 1000000, not ${quoted(maxBytes)}`);
  }
}
