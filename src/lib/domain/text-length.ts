/**
 * Whether a text has at most `max` characters. They are counted as JSON Schema counts them (`maxLength`): code points, so
 * that a fox is one, and not two as in `length`.
 */
export function hasAtMost(text: string, max: number): boolean {
  if (text.length <= max) return true;
  // A character has two units at most: what is longer need not be counted.
  return text.length <= 2 * max && [...text].length <= max;
}
