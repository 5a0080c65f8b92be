import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.ts';
let service: TestService;
beforeAll(async () => { service = await startService({ workers: false }); });
afterAll(() => service?.stop());
it('dump', async () => {
  const a = await fetch(`${service.url}/openapi.json`);
  writeFileSync('/tmp/h-openapi-doc.json', JSON.stringify(await a.json(), null, 1));
  for (const p of ['/docs', '/docs/', '/docs/errors', '/docs/static/swagger-ui-bundle.js', '/docs/static/swagger-initializer.js', '/docs/nothing', '/docs/static/nothing','/docs/json']) { const b = await fetch(service.url + p); console.log(p, b.status, b.headers.get('content-type'), b.headers.get('content-security-policy'), (await b.text()).slice(0, 300)); }
  expect(a.status).toBe(200);
});
