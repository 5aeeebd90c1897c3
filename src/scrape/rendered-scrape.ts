import { checkKeys, keysOf } from '../core/check-keys.ts';
import { checkObject } from '../core/check-object.ts';
import { isOpenMetrics } from '../core/content-type.ts';
import { invalidOption, type MetricsError } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import { groupingProblem, named } from './names.ts';
import { negotiate } from './negotiate.ts';
import { type Bytes, renderWhole } from './render.ts';
import type { ScrapeSource } from './renderings.ts';

/** One scrape, ready to be sent. */
export interface RenderedScrape {
  /** The value of the header `Content-Type`. */
  readonly contentType: string;
  /** A text, or bytes if the format is binary. */
  readonly body: string | Bytes;
}

/** What a scrape asks for, as the request of a scraper would say it. */
export interface RenderScrapeOptions<Naming extends string = string> {
  /** Accept header, which chooses the format. By default Prometheus's text format 0.0.4. */
  readonly accept?: string | undefined;
  /** Vocabularies in which the scrape names the calls. By default those of the option `naming`. */
  readonly naming?: readonly Naming[] | undefined;
  /** Names of the families to render, or of their samples. By default all families. */
  readonly names?: readonly string[] | undefined;
  /** `'process'` renders the series of each process with the label `worker`, and no sums. Needs the option `processes`. */
  readonly by?: 'process' | undefined;
}

/** Renders one scrape without blocking the event loop. Rejects with `invalid_option`. */
export async function renderScrape(source: ScrapeSource, options: RenderScrapeOptions = {}): Promise<RenderedScrape> {
  checkRenderOptions(options);
  const { accept, naming = [], names = [] } = options;
  const by = options.by === undefined ? [] : [options.by];
  const problem = groupingProblem(by, source);
  if (problem !== undefined) throw invalidOption(`render(): ${problem}`);
  const encoding = negotiate(accept, source.offer);
  const inOpenMetrics = isOpenMetrics(encoding.contentType);
  const families = named(await source.collect({ names, naming, by, inOpenMetrics }), names);
  return { contentType: encoding.contentType, body: await renderWhole(families, encoding) };
}

const keys = keysOf<RenderScrapeOptions>({ accept: true, naming: true, names: true, by: true });

/** The source checks `naming`. */
function checkRenderOptions(options: RenderScrapeOptions): void {
  checkObject('render() takes an object, such as { accept, naming }', options);
  checkKeys('render()', options, keys);
  const { accept, names } = options;
  if (accept !== undefined && typeof accept !== 'string') throw invalid('accept', 'a text', accept);
  if (names === undefined) return;
  if (!Array.isArray(names)) throw invalid('names', 'an array of names', names);
  const wrong = names.findIndex((name) => typeof name !== 'string');
  if (wrong !== -1) throw invalid('each of names', 'a text', names[wrong]);
}

function invalid(option: string, form: string, given: unknown): MetricsError {
  return invalidOption(`${option} of render() must be ${form}, not ${quoted(given)}`);
}
