import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { COUNTED, READ } from '../../../src/lib/metrics/catalog.ts';
import { count, observe, processMetrics } from '../../../src/lib/metrics/process-metrics.ts';

const table = { ...COUNTED, ...READ };

it('docs/operations.md has the table of all metrics, as it is', () => {
  const docs = readFileSync('docs/operations.md', 'utf8');
  const documented = docs.split('\n').filter((line) => line.startsWith('| `reelay_') && line.split('|').length === 6);
  const expected = Object.entries(table).map(([name, { help, labels }]) => {
    const by = name in COUNTED ? 'each process' : 'the API';
    return `| \`${name}\` | ${[...labels].join(', ')}${labels.length > 0 ? ' ' : ''}| ${by} | ${help} |`;
  });
  expect(documented).toEqual(expected);
});

it.each(Object.keys(table))('%s says whose it is and in what unit', (name) => {
  expect(name).toMatch(/^reelay_[a-z_]+$/);
  const counts = name in COUNTED && !('buckets' in (COUNTED[name as keyof typeof COUNTED] as object));
  if (counts) expect(name).toMatch(/_total$/);
  if (/_age_|_duration_/.test(name)) expect(name).toMatch(/_seconds$/);
});

it('every value of a label that has few is told from the start: what begins with 1 has not grown for Prometheus', async () => {
  const text = await processMetrics();
  for (const result of ['delivered', 'retry', 'failed', 'dropped'])
    expect(text).toMatch(new RegExp(`^reelay_webhook_attempts_total\\{result="${result}"\\} \\d`, 'm'));
  for (const store of ['database', 'queue', 'assets'])
    expect(text).toMatch(new RegExp(`^reelay_scrape_errors_total\\{store="${store}"\\} \\d`, 'm'));
});

it('what is counted is told, beside the figures of the process', async () => {
  count('reelay_webhook_attempts_total', { result: 'delivered' });
  observe('reelay_phase_duration_seconds', { phase: 'render', outcome: 'done' }, 42);
  const text = await processMetrics();
  expect(text).toContain('reelay_webhook_attempts_total{result="delivered"} 1');
  expect(text).toContain('reelay_phase_duration_seconds_bucket{le="60",phase="render",outcome="done"} 1');
  expect(text).toContain('reelay_phase_duration_seconds_bucket{le="30",phase="render",outcome="done"} 0');
  for (const own of ['nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes']) expect(text).toContain(own);
});
