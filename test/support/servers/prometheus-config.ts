/** What a Prometheus scrapes and how. */
export interface PrometheusConfig {
  /** Its configuration; what it says goes before what is made of the other fields, `scrape_configs` are added. */
  readonly config?: object;
  /** `host:port` of what the job `test` scrapes at `/metrics`. */
  readonly targets?: readonly string[];
  /** Interval of scrapes and of rules, as Prometheus writes durations. */
  readonly scrapeInterval?: string;
  /** Absolute paths of rule files. */
  readonly ruleFiles?: readonly string[];
}

/** The content of a Prometheus configuration file. */
export function prometheusConfig({
  config = {},
  targets = [],
  scrapeInterval = '200ms',
  ruleFiles = [],
}: PrometheusConfig): object {
  const { global = {}, scrape_configs: jobs = [] } = config as { global?: object; scrape_configs?: object[] };
  const test = { job_name: 'test', static_configs: [{ targets }] };
  return {
    rule_files: ruleFiles,
    ...config,
    global: { scrape_interval: scrapeInterval, evaluation_interval: scrapeInterval, ...global },
    scrape_configs: targets.length === 0 ? jobs : [...jobs, test],
  };
}
