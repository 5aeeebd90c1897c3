import { readDeployed, readYaml } from './files.ts';
import { detailMetrics, metricOf } from './metrics.ts';
import { comparedVector, metricNames } from './promql.ts';

/** A query of the dashboard. */
export interface DashboardQuery {
  /** Title of its panel. */
  readonly panel: string;
  readonly expr: string;
}

/** The part of Grafana's dashboard JSON that the tests read. */
export interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
}

/** A panel of a dashboard, in its grid of 24 columns. */
interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly datasource: { uid: string } }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  /** What a row that is closed has below it. */
  readonly panels?: readonly Panel[];
}

/** A variable of a dashboard. */
interface Variable {
  readonly name: string;
  readonly type: string;
  /** A query variable's query. */
  readonly definition?: string;
  readonly allValue?: string;
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

/** A rule as it is in a file: `record` or `alert` is set. */
export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The dashboard that the deployment provisions, with all rows open. */
export function dashboard(): Dashboard {
  const read = JSON.parse(readDeployed('grafana/dashboards/grpc-vitals.json')) as Dashboard;
  return { ...read, panels: read.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]) };
}

/** All queries of the dashboard's panels, with `window` for Grafana's intervals and everything chosen elsewhere. */
export function dashboardQueries(window = '5m'): DashboardQuery[] {
  const queries = dashboard().panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ panel: title, expr: fillVariables(expr, window) })),
  );
  return orThrow(queries, 'queries in the dashboard');
}

/** A query as Grafana sends it: `window` for its intervals, and `.*` for the variables. */
export function fillVariables(expr: string, window = '5m'): string {
  return expr.replaceAll(/\$(__rate_interval|__interval|__range)\b/g, window).replaceAll(/\$\w+/g, '.*');
}

/** Names of the alerts and their expressions. */
export function alertExpressions(): { alert: string; expr: string }[] {
  return alertRules().flatMap(({ alert, expr }) => (alert === undefined ? [] : [{ alert, expr }]));
}

/** The recording rules: what each records, and from what. */
export function recordingRules(): { record: string; expr: string }[] {
  const rules = rulesOf('prometheus/rules.yml');
  const recording = rules.flatMap(({ record, expr }) => (record === undefined ? [] : [{ record, expr }]));
  return orThrow(recording, 'recording rules');
}

/** Every query that must have data: of the dashboard, of the recording rules and by their names, and each side of an alert. */
export function deployedQueries(): string[] {
  return [
    ...dashboardQueries().map(({ expr }) => expr),
    ...recordingRules().flatMap(({ record, expr }) => [record, expr]),
    ...alertExpressions().flatMap(({ expr }) => comparedVector(expr)),
  ];
}

/** Whether a query is about clients: it has data only where there are some. */
export function isOfClients(query: string): boolean {
  return metricNames(query).some((name) => /(^|:)grpc_client_/.test(name));
}

/** Whether a query is about what only `details` records. */
export function isOfDetails(query: string): boolean {
  return metricNames(query).some((name) => detailMetrics.includes(metricOf(name)));
}

/** The alerts with all they have. */
export function alertRules(): Rule[] {
  return orThrow(rulesOf('prometheus/alerts.yml'), 'alerts');
}

/** Throws for an empty list: a table of tests without a row would pass. */
function orThrow<Item>(items: Item[], what: string): Item[] {
  if (items.length === 0) throw new Error(`no ${what} found in deploy/`);
  return items;
}

function rulesOf(path: string): Rule[] {
  return (readYaml(path) as RuleFile).groups.flatMap(({ rules }) => rules);
}
