import { join } from 'node:path';
import { deployFolder, readYaml } from '../support/deploy/files.ts';
import { type RunningPrometheus, startPrometheus } from '../support/servers/prometheus.ts';

const folder = join(deployFolder, 'prometheus');

interface Config {
  readonly global: object;
  readonly rule_files: readonly string[];
  readonly scrape_configs: readonly { readonly job_name: string; readonly static_configs: unknown }[];
}

const deployed = readYaml('prometheus/prometheus.yml') as Config;

type Job = Config['scrape_configs'][0];

/** The deployment's jobs for the demo and its clients. */
const [demo, demoClients] = deployed.scrape_configs as [Job, Job];

/** Name of the deployment's job for the demo. */
export const jobName: string = demo.job_name;

/** Name of the deployment's job for the demo's clients. */
export const clientsJobName: string = demoClients.job_name;

/**
 * A Prometheus with the deployment's configuration and rules, which evaluates each second.
 * It scrapes `target` (`host:port`) as the demo and, where there is one, `clients` as its clients.
 */
export function startDeployed(binary: string, target: string, clients?: string): Promise<RunningPrometheus> {
  const scraping = (job: Job, address: string) => ({ ...job, static_configs: [{ targets: [address] }] });
  const config: Config = {
    ...deployed,
    global: { ...deployed.global, scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: deployed.rule_files.map((file) => join(folder, file)),
    scrape_configs: [scraping(demo, target), ...(clients === undefined ? [] : [scraping(demoClients, clients)])],
  };
  return startPrometheus({ binary, config });
}
