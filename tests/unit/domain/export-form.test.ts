import { expect, it } from 'vitest';
import { exportFormIn } from '../../../src/lib/domain/intent/export-form.ts';

it.each([
  ['export', {}],
  ['Export as MP4', { format: 'mp4' }],
  ['export it as mov in low quality', { format: 'mov', quality: 'low' }],
  ['download the high-quality webm', { format: 'webm', quality: 'high' }],
  ['export movie.mkv', { format: 'mkv' }],
  ['export my movie', {}],
  ['export as gif', {}],
  ['export the high jump video', {}],
  ['用mp4格式导出', { format: 'mp4' }],
  ['导出高画质 mov', { format: 'mov', quality: 'high' }],
  ['导出 low 画质', { quality: 'low' }],
])('%j names %j', (said, form) => {
  expect(exportFormIn(said)).toEqual(form);
});
