import type { IncomingHttpHeaders } from 'node:http';

/** nemovideo-api.md, "Headers, on every request without exception". */
const ATTRIBUTION = ['X-Skill-Source', 'X-Skill-Version', 'X-Skill-Platform'] as const;

/** Which of the three headers a request lacks. */
export function missingAttribution(headers: IncomingHttpHeaders): string[] {
  return ATTRIBUTION.filter((name) => !headers[name.toLowerCase()]);
}
