import { contentTypeFault } from '../decode/content-type.ts';
import { dialectOf } from '../decode/dialect.ts';
import { streamExposition } from '../decode/exposition-reader.ts';
import type { Problem } from '../decode/problem.ts';
import { type Examination, examine } from './examination.ts';
import { ProblemLog } from './problem-log.ts';
import type { Checked } from './report.ts';
import { fallen, restarted } from './rules/backwards.ts';
import { processes } from './rules/processes.ts';
import type { Limits } from './rules/rule.ts';
import { type Scraped, UnreadableError } from './scrape.ts';
import { Visit } from './visit.ts';

/** What is checked. */
export interface InspectionOptions extends Omit<Limits, 'now'> {
  /** Whether OpenMetrics is held to its specification, too. */
  readonly isStrict?: boolean;
}

/** An endpoint that is checked by several scrapes. */
export class Inspection {
  readonly #url: string;
  readonly #options: InspectionOptions;
  readonly #scrape: () => Promise<Scraped>;
  /** Wall clock, in seconds since 1970. */
  readonly #now: () => number;
  readonly #logs: ProblemLog[] = [];
  #first: Visit | undefined;
  #size = { families: 0, samples: 0 };
  #error: string | undefined;

  constructor(url: string, scrape: () => Promise<Scraped>, options: InspectionOptions, now: () => number) {
    this.#url = url;
    this.#scrape = scrape;
    this.#options = options;
    this.#now = now;
  }

  /** Scrapes it, looks for everything that can be seen in one scrape, and at once scrapes again, for what only a second process does. */
  async examine(): Promise<void> {
    await this.#attempt(async () => {
      const scraped = await this.#scrape();
      const visit = new Visit(scraped.process, true);
      const { isStrict = false, ...bounds } = this.#options;
      const limits = { ...bounds, now: scraped.date ?? this.#now() };
      const log = new ProblemLog();
      this.#logs.push(log);
      if (scraped.fault !== undefined) log.add(scraped.fault);
      const found = await examine(scraped.body, dialectOf(scraped.contentType), limits, {
        visit: (family, sample) => visit.add(family, sample),
        isStrict,
      });
      for (const problem of answerProblems(scraped.contentType, found, isStrict)) log.add(problem);
      this.#logs.push(...found.logs);
      this.#size = found;
      this.#first = visit;
    });
    // What goes wrong the second time is no problem of the endpoint.
    if (this.#first !== undefined) await this.#lookForProcesses(this.#first).catch(() => {});
  }

  /** Scrapes it again after a while, and looks for counts that fell. */
  async compare(): Promise<void> {
    const earlier = this.#first;
    if (earlier === undefined) return;
    await this.#attempt(async () => {
      const log = new ProblemLog();
      const later = await this.#visit((problem) => log.add(problem), earlier);
      const restart = restarted(earlier, later);
      if (restart === undefined) this.#logs.push(log);
      else this.#log(restart);
    });
  }

  get checked(): Checked {
    return { url: this.#url, kinds: this.#logs.flatMap(({ kinds }) => kinds), ...this.#size, error: this.#error };
  }

  async #lookForProcesses(first: Visit): Promise<void> {
    let fallenName: string | undefined;
    const second = await this.#visit(({ subject }) => {
      fallenName ??= subject.replace(/\{.*/s, '');
    }, first);
    const problem = processes(first, second, fallenName);
    if (problem !== undefined) this.#log(problem);
  }

  /** Scrapes it, and compares each count with an earlier one. */
  async #visit(report: (problem: Problem) => void, earlier: Visit): Promise<Visit> {
    const { body, contentType, process } = await this.#scrape();
    const visit = new Visit(process, false);
    await streamExposition(body, dialectOf(contentType), {
      problem: () => {},
      sample: (family, sample) => {
        visit.add(family, sample);
        const problem = fallen(earlier, family, sample);
        if (problem !== undefined) report(problem);
      },
    });
    return visit;
  }

  #log(problem: Problem): void {
    const log = new ProblemLog();
    log.add(problem);
    this.#logs.push(log);
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      this.#error = error.message;
    }
  }
}

function* answerProblems(
  contentType: string,
  { samples, endsAsOpenMetrics }: Examination,
  isStrict: boolean,
): Generator<Problem> {
  const subject = 'Content-Type';
  const fault = contentTypeFault(contentType);
  const dialect = dialectOf(contentType);
  if (fault !== undefined) {
    const rule = contentType === '' ? 'no_content_type' : 'wrong_content_type';
    const good =
      dialect.isOpenMetrics || endsAsOpenMetrics
        ? 'application/openmetrics-text; version=1.0.0; charset=utf-8'
        : 'text/plain; version=0.0.4; charset=utf-8';
    yield {
      severity: 'error',
      rule,
      subject,
      problem: fault,
      remedy: `answer with ${good}`,
      refusedBy: ['prometheus3'],
    };
  }
  if (fault === undefined && !dialect.isOpenMetrics && endsAsOpenMetrics) {
    const problem = `it ends as OpenMetrics, but says that it is ${contentType.split(';', 1)[0]}`;
    const remedy =
      'answer with application/openmetrics-text; version=1.0.0; charset=utf-8, or write the text format 0.0.4';
    yield { severity: 'warning', rule: 'wrong_content_type', subject, problem, remedy };
  }
  if (isStrict && !dialect.isOpenMetrics) {
    const problem = 'the answer is not OpenMetrics, so that --openmetrics-strict has nothing to judge';
    const remedy = 'answer with OpenMetrics where it is asked for, or leave the option out';
    yield { severity: 'warning', rule: 'not_openmetrics', subject, problem, remedy };
  }
  if (samples === 0) {
    const remedy = 'does it register its metrics, and is this their URL?';
    yield { severity: 'warning', rule: 'no_samples', subject: 'exposition', problem: 'it has no samples', remedy };
  }
}
