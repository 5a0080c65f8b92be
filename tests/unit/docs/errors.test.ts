import { expect, it } from 'vitest';
import { ERROR_CHAPTERS } from '../../../src/api/openapi/error-catalog.ts';

it('docs/errors.md says what the tables in the code say: `npm run docs` writes it', async () => {
  await expect(errorsMarkdown()).toMatchFileSnapshot('../../../docs/errors.md');
});

function errorsMarkdown(): string {
  const chapters = ERROR_CHAPTERS.map(({ title, introduction, columns, rows }) => {
    const lines = rows.map(({ code, anchor, cells }) =>
      row([`${anchor ? `<a id="${code}"></a>` : ''}\`${code}\``, ...cells]),
    );
    return [`## ${title}`, introduction, '', row(columns), row(columns.map(() => '---')), ...lines].join('\n');
  });
  return `# Errors\n\nMade by \`npm run docs\` from the tables in the code. The same is at \`/docs/errors\` of every Reelay.\n\n${chapters.join('\n\n')}\n`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
