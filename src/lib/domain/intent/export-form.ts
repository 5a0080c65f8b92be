import { EXPORT_FORMATS, EXPORT_QUALITIES, type ExportOptions } from '../job.ts';

const FORMAT = new RegExp(`\\b(?:${EXPORT_FORMATS.join('|')})\\b`);
const QUALITY = new RegExp(
  `\\b(${EXPORT_QUALITIES.join('|')})(?:[ -]quality\\b|\\s*(?:画质|质量))|([低中高])(?:画质|质量)`,
);
const CHINESE: Record<string, ExportOptions['quality']> = { 低: 'low', 中: 'medium', 高: 'high' };

/** The form that an instruction to export names, as far as it does: "export as mov in low quality". */
export function exportFormIn(text: string): Partial<ExportOptions> {
  const said = text.toLowerCase();
  const format = EXPORT_FORMATS.find((name) => name === FORMAT.exec(said)?.[0]);
  const [, english, chinese] = QUALITY.exec(said) ?? [];
  const quality = EXPORT_QUALITIES.find((name) => name === (english ?? CHINESE[chinese ?? '']));
  return { ...(format ? { format } : {}), ...(quality ? { quality } : {}) };
}
