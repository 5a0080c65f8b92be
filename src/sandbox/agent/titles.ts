const MAX_WORDS = 5;
const MAX_CHARACTERS = 40;
const REQUEST =
  /^(?:please\s+)?(?:make|create|generate|produce)\s+(?:me\s+)?(?:an?\s+|the\s+)?(?:short\s+)?(?:(?:video|clip|film)\s+)?(?:(?:of|about|with|showing)\s+)?(?:an?\s+|the\s+)?/i;

/** A name for a clip: the first words of the prompt, without "make a video of". */
export function clipTitle(words: string): string {
  const title = firstWords(words.replace(REQUEST, '')) || firstWords(words) || 'Untitled';
  return title.charAt(0).toUpperCase() + title.slice(1);
}

/** The text that an edit puts on the video: what the prompt quotes, or else its first words. */
export function titleText(words: string): string {
  const quoted = /["“「]([^"”」]{1,40})["”」]/.exec(words)?.[1];
  return quoted ?? (firstWords(words) || 'Untitled');
}

function firstWords(words: string): string {
  const some = words.split(/\s+/).slice(0, MAX_WORDS).join(' ');
  return [...some]
    .slice(0, MAX_CHARACTERS)
    .join('')
    .replace(/[\s,.;:!。，！]+$/, '');
}
