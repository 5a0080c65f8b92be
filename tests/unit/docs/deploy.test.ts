import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { FAILURES } from '../../../src/lib/domain/failures.ts';
import { COUNTED, READ } from '../../../src/lib/metrics/catalog.ts';
import { processMetrics } from '../../../src/lib/metrics/process-metrics.ts';
import { readGuide } from '../../support/guide.ts';

const read = (name: string) => readFileSync(new URL(`../../../deploy/${name}`, import.meta.url), 'utf8');
const rules: { alert: string; expr: string }[] = parse(read('alerts.yml')).groups.flatMap(
  (group: { rules: unknown[] }) => group.rules,
);
const panels: { title: string; targets?: { expr: string }[] }[] = JSON.parse(read('grafana-dashboard.json')).panels;
const queries = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
];

/** Name and labels of everything that /metrics tells. */
async function told(): Promise<Map<string, readonly string[]>> {
  const metrics = new Map<string, readonly string[]>();
  for (const [name, metric] of Object.entries({ ...COUNTED, ...READ })) {
    const parts = 'buckets' in metric ? ['_bucket', '_count', '_sum'] : [''];
    for (const part of parts) metrics.set(name + part, [...metric.labels, ...(part === '_bucket' ? ['le'] : [])]);
  }
  for (const [, name] of (await processMetrics()).matchAll(/^# TYPE ((?:nodejs|process)_\w+)/gm))
    metrics.set(name ?? '', []);
  return metrics;
}

describe('alerts and dashboard', () => {
  it.each(queries)('%s asks for what there is: %s', async (_title, query) => {
    const metrics = await told();
    const names = query.match(/\b(?:reelay|nodejs|process)_\w+/g) ?? [];
    if (!/\bup\{job="reelay-(api|worker)"\}/.test(query)) expect(names).not.toEqual([]);
    for (const name of names) expect([...metrics.keys()]).toContain(name);
    const labels = names.flatMap((name) => metrics.get(name) ?? []);
    for (const [, list = ''] of query.matchAll(/\bby \(([^)]*)\)/g))
      expect(labels).toEqual(expect.arrayContaining(list.split(/, */)));
    for (const [, name = '', list = ''] of query.matchAll(/\b(\w+)\{([^}]*)\}/g)) {
      const asked = [...list.matchAll(/(\w+)[=!]/g)].map(([, label]) => label);
      if (name !== 'up') expect(metrics.get(name)).toEqual(expect.arrayContaining(asked));
    }
  });

  it('name codes with which jobs can end', () => {
    const codes = queries.flatMap(([, query]) =>
      [...query.matchAll(/\bcode=~?"([^"]+)"/g)].map(([, list = '']) => list),
    );
    expect(codes).not.toEqual([]);
    for (const code of codes.flatMap((list) => list.split('|'))) expect(Object.keys(FAILURES)).toContain(code);
  });

  it('have a row each in docs/operations.md, that says what to do', () => {
    const rows = [...readGuide('docs/operations.md').matchAll(/^\| `(Reelay\w+)` \|(?: [^|]{3,} \|){2}$/gm)];
    expect(rows.map(([, alert]) => alert).sort()).toEqual(rules.map(({ alert }) => alert).sort());
  });

  it('scrape the jobs that the alerts name', () => {
    const jobs = parse(read('prometheus.yml')).scrape_configs.map((one: { job_name: string }) => one.job_name);
    const named = rules.flatMap(({ expr }) => [...expr.matchAll(/job="([^"]+)"/g)].map(([, job]) => job));
    expect(jobs).toEqual(expect.arrayContaining(named));
  });
});
