import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { COUNTED, type Counted, type LabelsOf } from './catalog.ts';

/** One for the process, as there is one process: whatever happens anywhere in it is counted here. */
const registry = new Registry();
collectDefaultMetrics({ register: registry });

type TimedMetric = { [Name in Counted]: (typeof COUNTED)[Name] extends { buckets: unknown } ? Name : never }[Counted];

const metrics = new Map<string, Counter | Histogram>(
  Object.entries(COUNTED).map(([name, metric]) => {
    const common = { name, help: metric.help, labelNames: [...metric.labels], registers: [registry] };
    if ('buckets' in metric) return [name, new Histogram({ ...common, buckets: [...metric.buckets] })];
    const counter = new Counter(common);
    if ('values' in metric) for (const value of metric.values) counter.inc({ [metric.labels[0]]: value }, 0);
    return [name, counter];
  }),
);

/** One more of what the metric counts. */
export function count<Name extends Exclude<Counted, TimedMetric>>(
  name: Name,
  labels: LabelsOf<(typeof COUNTED)[Name]>,
): void {
  const metric = metrics.get(name);
  if (metric instanceof Counter) metric.inc(labels);
}

/** One more that took so many seconds. */
export function observe<Name extends TimedMetric>(
  name: Name,
  labels: LabelsOf<(typeof COUNTED)[Name]>,
  seconds: number,
): void {
  const metric = metrics.get(name);
  if (metric instanceof Histogram) metric.observe(labels, seconds);
}

/** What this process has counted, and how it is, in Prometheus' text format. */
export function processMetrics(): Promise<string> {
  return registry.metrics();
}

export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;
