import { describe, expect, test } from 'vitest';
import { detailMetrics, exposedMetrics, metricOf } from '../support/deploy/metrics.ts';
import { metricNames, syntaxErrors } from '../support/deploy/promql.ts';
import { dashboard, dashboardQueries, fillVariables } from '../support/deploy/queries.ts';

const COLUMNS = 24;
const BUILT_IN = ['__rate_interval', '__range'];
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's syntax of a variable, not ours
const CHOSEN_SOURCE = '${datasource}';

const { uid, schemaVersion, panels, templating } = dashboard();
const shown = panels.filter(({ type }) => type !== 'row');

describe('dashboard', () => {
  test('is one and the same everywhere', () => {
    expect(uid).toBe('grpc-vitals');
    expect(schemaVersion).toBe(42);
    expect(dashboard()).not.toHaveProperty('id');
    expect(dashboard()).not.toHaveProperty('__inputs');
  });

  test('has panels with an id of their own', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(shown.map(({ title }) => title)).size).toBe(shown.length);
  });

  test('has panels that do not overlap', () => {
    const taken = new Map<string, string>();
    for (const { title, gridPos } of panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(COLUMNS);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.get(`${x} ${y}`), title).toBeUndefined();
          taken.set(`${x} ${y}`, title);
        }
      }
    }
    const bottom = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
    expect(taken.size, 'there is no gap').toBe(COLUMNS * bottom);
  });

  test('declares each variable before it is used', () => {
    const declared = [...BUILT_IN];
    for (const { name, definition = '' } of templating.list) {
      expect(declared, name).toEqual(expect.arrayContaining(variablesIn(definition)));
      declared.push(name);
    }
    for (const { title, datasource, targets = [] } of panels) {
      const texts = [datasource?.uid ?? '', ...targets.flatMap((target) => [target.expr, target.datasource.uid])];
      expect(declared, title).toEqual(expect.arrayContaining(texts.flatMap(variablesIn)));
    }
  });

  test('uses each variable', () => {
    const used = new Set(variablesIn(JSON.stringify(panels)));
    for (const { name } of templating.list) expect(used).toContain(name);
  });

  test.each(shown)('$title: has a description, a unit and queries of the chosen data source', (panel) => {
    expect(panel.description).toMatch(/\.$/);
    expect(panel.datasource?.uid).toBe(CHOSEN_SOURCE);
    const targets = panel.targets ?? [];
    expect(targets).not.toHaveLength(0);
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    for (const { datasource } of targets) expect(datasource.uid).toBe(CHOSEN_SOURCE);
    // A table has a unit for each column, the heat map for each axis.
    if (panel.type === 'stat' || panel.type === 'timeseries') {
      expect(panel.fieldConfig?.defaults.unit).toMatch(/^\w+$/);
    }
  });

  test.each(dashboardQueries())('$panel: $expr', ({ expr }) => {
    expect(expr).not.toContain('$');
    expect(syntaxErrors(expr)).toEqual([]);
    const names = metricNames(expr);
    expect(names).not.toHaveLength(0);
    for (const name of names) expect(['up', ...exposedMetrics, ...detailMetrics]).toContain(metricOf(name));
  });

  test('variables are read from metrics that exist', () => {
    const queries = templating.list.flatMap(({ definition }) => definition ?? []);
    expect(queries).toHaveLength(3);
    for (const query of queries) {
      const selector = /^label_values\((.+), \w+\)$/.exec(query)?.[1] ?? '';
      expect(syntaxErrors(fillVariables(selector))).toEqual([]);
      const [name, ...others] = metricNames(fillVariables(selector));
      expect(exposedMetrics).toContain(name);
      expect(others).toEqual([]);
    }
  });
});

/** Names of the variables in a text: `$job`, `${datasource}`. */
function variablesIn(text: string): string[] {
  return [...text.matchAll(/\$\{?(\w+)\}?/g)].map(([, name = '']) => name);
}
