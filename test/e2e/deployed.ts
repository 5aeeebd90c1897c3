import { join } from 'node:path';
import { deployFolder, readYaml } from '../deploy/files.ts';
import { type RunningPrometheus, startPrometheus } from '../servers/prometheus.ts';

const folder = join(deployFolder, 'prometheus');

interface Config {
  readonly global: object;
  readonly rule_files: readonly string[];
  readonly scrape_configs: readonly { readonly job_name: string; readonly static_configs: unknown }[];
}

const deployed = readYaml('prometheus/prometheus.yml') as Config;

/** The deployment's job for the demo. */
const [demo] = deployed.scrape_configs as [Config['scrape_configs'][0]];

/** Name of the deployment's job for the demo. */
export const jobName: string = demo.job_name;

/** A Prometheus with the deployment's configuration and rules; it scrapes `target` (`host:port`) and evaluates each second. */
export function startDeployed(binary: string, target: string): Promise<RunningPrometheus> {
  const config: Config = {
    ...deployed,
    global: { ...deployed.global, scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: deployed.rule_files.map((file) => join(folder, file)),
    scrape_configs: [{ ...demo, static_configs: [{ targets: [target] }] }],
  };
  return startPrometheus({ binary, config });
}
