import { DiagLogLevel, diag, trace } from '@opentelemetry/api';
import type { Config } from './config.ts';
import type { Logger } from './logger.ts';
import { settlesWithin } from './settles-within.ts';
import { VERSION } from './version.ts';

/** Spans that cannot be delivered must not hold up the end of the process. In ms. */
const LAST_EXPORT_MS = 2_000;

type Tracing = {
  /** Sends what is left, for a moment at most. */
  stop(): Promise<void>;
};

/**
 * Sends spans to an OpenTelemetry collector where one of the OTEL_EXPORTER_OTLP_ENDPOINT variables names one; headers,
 * sampling, batches and resource follow the standard variables as well. Else nothing is loaded, and spans cost nothing.
 */
export async function startTracing(config: Config, role: string, log: Logger): Promise<Tracing | null> {
  const to = config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (to === undefined || config.OTEL_SDK_DISABLED) return null;
  const [{ BasicTracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }, resources] = await Promise.all([
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const warn = (message: string) => log.warn({ detail: message }, 'tracing');
  const quiet = () => undefined;
  diag.setLogger({ error: warn, warn, info: quiet, debug: quiet, verbose: quiet }, DiagLogLevel.WARN);
  const own = { 'service.name': `reelay-${role}`, 'service.version': VERSION };
  const given = resources.detectResources({ detectors: [resources.envDetector] });
  const provider = new BasicTracerProvider({
    resource: resources.defaultResource().merge(resources.resourceFromAttributes(own)).merge(given),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  trace.setGlobalTracerProvider(provider);
  log.info({ to: new URL(to).origin }, 'tracing');
  return {
    async stop() {
      await settlesWithin(provider.shutdown(), LAST_EXPORT_MS).catch((error) => warn(String(error)));
    },
  };
}
