import { z } from 'zod';
import { hasAtMost } from '../../lib/domain/text-length.ts';

/** A text of `min` to `max` characters, as the document says it and as clients that read the document count. */
export function boundedText(max: number, min = 0) {
  return z
    .string()
    .min(min, 'Must say something.')
    .meta({ maxLength: max })
    .refine((text) => hasAtMost(text, max), `At most ${max} characters.`);
}

/**
 * A list of at most `max`. Zod reads every item before it counts them: a body of a million would hold up the process, so
 * they are counted first.
 */
export function boundedList<Item extends z.ZodType>(
  item: Item,
  { min = 0, max, of }: { min?: number; max: number; of: string },
) {
  const list = z.array(item).min(min, `At least ${min} ${of}.`).max(max, `At most ${max} ${of}.`);
  return z.preprocess((value, context) => {
    if (!Array.isArray(value) || value.length <= max) return value;
    context.addIssue(`At most ${max} ${of}.`);
    return z.NEVER;
  }, list);
}

/** A record of at most `max` entries, counted first as well. */
export function boundedRecord<Value extends z.ZodType>(value: Value, max: number) {
  const record = z.record(z.string().min(1), value).meta({ maxProperties: max });
  return z.preprocess((given, context) => {
    if (typeof given !== 'object' || given === null || Object.keys(given).length <= max) return given;
    context.addIssue(`At most ${max} entries.`);
    return z.NEVER;
  }, record);
}
