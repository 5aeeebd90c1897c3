import type { Instrument } from './bridge/otel/producer.ts';
import type { ConstantLabels } from './core/constant-labels.ts';
import type { Registry } from './core/registry.ts';
import type { CallCollector } from './naming/call-collector.ts';
import { otel, otelAttributes, otelInstrument } from './naming/vocabularies/otel.ts';

export interface OtelSourceParts {
  readonly registry: Registry;
  readonly calls: CallCollector;
  readonly constant: ConstantLabels;
}

/**
 * Returns what reads the instruments for OpenTelemetry: calls as its conventions name them, and the user's metrics as declared.
 *
 * The process's metrics and the library's own are not among them. OpenTelemetry has instrumentations for the former.
 */
export function otelSource({ registry, calls, constant }: OtelSourceParts): () => Promise<readonly Instrument[]> {
  return async () => {
    const users = registry.live(() => [], await registry.read());
    return [
      ...constant.addTo(calls.collectPlain(otel)).map((family) => ({
        ...otelInstrument(family.name),
        family,
        attributesOf: otelAttributes,
      })),
      ...constant.addTo(users).map((family) => ({ name: family.name, unit: '', family, attributesOf: copyLabels })),
    ];
  };
}

function copyLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return { ...labels };
}
