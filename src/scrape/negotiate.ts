import type { Encoding } from '../encode/encoding.ts';
import { createOpenMetrics } from '../encode/openmetrics.ts';
import { protobuf } from '../encode/protobuf.ts';
import { text } from '../encode/text.ts';

/** What can be asked for; the first is for who does not say. */
export type Offer = readonly [Encoding, ...Encoding[]];

/** All encodings; `created` as in `OpenMetricsOptions`. */
export function offerAll(created: boolean): Offer {
  return [text, createOpenMetrics({ created }), createOpenMetrics({ version: '0.0.1', created }), protobuf];
}

const withoutCreated = offerAll(false);

/**
 * The encoding that an Accept header asks for, by the rules of prometheus/common: the clause with the highest weight
 * that names an offered format and its version. Without such a clause, and for a wildcard, it is the first offered;
 * nothing is refused and nothing throws.
 *
 * A way to escape names that the scraper asks for is repeated in the Content-Type: our names need none, so any is kept.
 * Only the Content-Type may differ from the offered one: `encode` is the same function.
 */
export function negotiate(accept: string | undefined, offer: Offer = withoutCreated): Encoding {
  const targets = offer.map((encoding) => ({ encoding, target: parseClause(encoding.contentType) }));
  let escaping: string | undefined;
  let chosen: Encoding = offer[0];
  for (const clause of parseAccept(accept ?? '')) {
    const scheme = clause.parameters.get('escaping');
    if (scheme !== undefined && escapingSchemes.includes(scheme)) escaping = scheme;
    if (clause.type === '*/*') break;
    const match = targets.find(({ target }) => matches(clause, target));
    if (match === undefined) continue;
    chosen = match.encoding;
    break;
  }
  if (escaping === undefined) return chosen;
  return { contentType: `${chosen.contentType}; escaping=${escaping}`, encode: chosen.encode };
}

interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Those of Prometheus 3. */
const escapingSchemes: readonly string[] = ['allow-utf-8', 'underscores', 'dots', 'values'];

/** Which version is meant where none is named. */
const defaultVersions: Readonly<Record<string, string>> = {
  'application/openmetrics-text': '0.0.1',
  'text/plain': '0.0.4',
};

/** Whether a clause names this type with all its parameters. Text is always UTF-8, whatever charset is asked for. */
function matches(clause: Clause, target: Clause): boolean {
  if (clause.type !== target.type) return false;
  for (const [name, value] of target.parameters) {
    if (name === 'charset') continue;
    const asked = clause.parameters.get(name) ?? (name === 'version' ? defaultVersions[target.type] : undefined);
    if (asked !== value) return false;
  }
  return true;
}

/** The clauses by weight, equal ones in their order; those of weight 0 are not acceptable and left out. */
function parseAccept(header: string): Clause[] {
  return split(header, ',')
    .map((clause) => parseClause(clause))
    .map((clause) => ({ ...clause, weight: parseWeight(clause.parameters.get('q')) }))
    .filter(({ type, weight }) => type !== '' && weight > 0)
    .sort((a, b) => b.weight - a.weight);
}

/** 1 where there is none, or none that is between 0 and 1. */
function parseWeight(parameter = ''): number {
  const weight = Number.parseFloat(parameter);
  return weight >= 0 && weight <= 1 ? weight : 1;
}

function parseClause(clause: string): Clause {
  const [type = '', ...rest] = split(clause, ';');
  const parameters = new Map<string, string>();
  for (const parameter of rest) {
    const [name, ...value] = parameter.split('=');
    parameters.set(name!.trim().toLowerCase(), unquote(value.join('=').trim()));
  }
  return { type: type.trim().toLowerCase(), parameters };
}

/** Parts between separators that are not within double quotes. */
function split(value: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index < value.length; index += 1) {
    const character = value[index];
    if (quoted && character === '\\') index += 1;
    else if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      parts.push(value.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(value.slice(start));
  return parts;
}

function unquote(value: string): string {
  return /^".*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
}
