import { expect, it } from 'vitest';
import { errorsMarkdown } from '../../../src/api/openapi/error-catalog.ts';

it('docs/errors.md says what the tables in the code say: `npm run docs` writes it', async () => {
  await expect(errorsMarkdown()).toMatchFileSnapshot('../../../docs/errors.md');
});
