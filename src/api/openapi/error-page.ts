import { ERROR_CHAPTERS } from './error-catalog.ts';

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.4rem .6rem;text-align:left;vertical-align:top}
tr:target{background:#fff3c4}@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}tr:target{background:#443a10}a{color:#9cf}}`;

/** The page to which the `type` of every problem leads: `/docs/errors#<code>`. It needs nothing but itself. */
export function errorPage(): string {
  const chapters = ERROR_CHAPTERS.map(({ title, introduction, columns, rows }) => {
    const head = columns.map((column) => `<th>${words(column)}</th>`).join('');
    const lines = rows.map(
      ({ code, anchor, cells }) =>
        `<tr${anchor ? ` id="${code}"` : ''}><td><code>${code}</code></td>${cells.map((cell) => `<td>${words(cell)}</td>`).join('')}</tr>`,
    );
    return `<h2>${words(title)}</h2><p>${words(introduction)}</p><table><tr>${head}</tr>${lines.join('\n')}</table>`;
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Reelay: errors</title><style>${STYLE}</style>
<h1>Errors</h1><p>All that Reelay can answer with, and why its jobs fail. The API is at <a href="/docs">/docs</a>.</p>
${chapters.join('\n')}</html>`;
}

/** Text as HTML; what stands in backticks is code. */
function words(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return escaped.replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}
