import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobufjs from 'protobufjs';
import type { MetricFamily } from '../../../src/core/snapshot.ts';
import type { Encoding } from '../../../src/encode/encoding.ts';
import { run } from '../servers/promtool.ts';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** A whole scrape in an encoding of text. */
export function encodeWhole(encoding: Encoding, families: readonly MetricFamily[]): string {
  return Buffer.from(Array.from(encoding.encode(families)).join('')).toString();
}

/** A whole scrape in an encoding of bytes. */
export function encodeBytes(encoding: Encoding, families: readonly MetricFamily[]): Uint8Array {
  return Buffer.concat(Array.from(encoding.encode(families), (part) => Buffer.from(part as Uint8Array))); // not text
}

export interface ReadExemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timestamp: number;
}

export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly exemplar: ReadExemplar | null;
}

/** What the reference parser of OpenMetrics found. */
export interface ReadFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  /** '' when there is none. */
  readonly unit: string;
  readonly samples: readonly ReadSample[];
}

export type ReadText = { readonly families: readonly ReadFamily[] } | { readonly error: string };

/** What the reference parser of OpenMetrics, in this folder of Python modules, finds in each text. */
export async function readOpenMetrics(modules: string, texts: readonly string[]): Promise<ReadText[]> {
  const path = [modules, ...(process.env.PYTHONPATH ?? '').split(delimiter)].filter((part) => part !== '');
  const args = [`PYTHONPATH=${path.join(delimiter)}`, 'python3', here('openmetrics_parser.py')];
  const { code, stdout, stderr } = await run('/usr/bin/env', args, { input: JSON.stringify(texts), timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`openmetrics_parser.py ends with ${code}: ${stderr}`);
  // Every number comes as text, as Python writes it; labels and help are never under these names.
  const isNumber = (key: string, value: unknown) =>
    (key === 'value' || key === 'timestamp') && typeof value === 'string';
  return JSON.parse(stdout, (key, value: unknown) =>
    isNumber(key, value) ? toNumber(String(value)) : value,
  ) as ReadText[]; // the script's shape
}

function toNumber(text: string): number {
  return Number(text.replace('inf', 'Infinity').replace('nan', 'NaN'));
}

const root = new protobufjs.Root().loadSync(here('metrics.proto'), { keepCase: true });
const MetricFamilyMessage = root.lookupType('io.prometheus.client.MetricFamily');

/** The messages as plain objects: 64-bit integers as decimal text, enums by name, only fields that were sent. */
export function readProtobuf(bytes: Uint8Array): object[] {
  const reader = protobufjs.Reader.create(bytes);
  const found: object[] = [];
  while (reader.pos < reader.len) {
    const message = MetricFamilyMessage.decodeDelimited(reader);
    found.push(MetricFamilyMessage.toObject(message, { longs: String, enums: String }));
  }
  return found;
}
