import { ASKED, CREDITS_TALK, EXPORT_TALK, FILES, MAKING, STATE_TALK, UPLOAD_TALK } from './english-words.ts';

/** api.md, "Messages": the router looks at instructions of at most so many words; politeness does not count. */
const MAX_WORDS = 8;
const POLITE_START =
  /^(?:(?:please|pls|hey|hi|hello|ok(?:ay)?|so|now|just|then|well|great|thanks|thank you|nice|cool|perfect|kindly|(?:can|could|would|will) you|(?:can|could|may) (?:i|we)(?: please)?(?: (?:just|now))?|i(?:'d| would) like(?: you)? to|(?:i|we) (?:want|need)(?: you)? to|let's|let me|go ahead and|time to|ready to|help me(?: to)?)\b[\s,.!]*)+/;
const POLITE_END =
  /[\s,.!?]*\b(?:please|pls|thanks|thank you|thx|for me|right now|now|asap|if you can|already)[\s.!?]*$/;
const CLAUSE_END = /[,;!?\n]+|\.(?=\s|$)|\s-\s|\b(?:and|then)\b/;
const NEGATED = /\b(?:don't|do not|doesn't|not|never|without|before|can't|cannot|cancel|stop|no need)\b/;

/** "download speed animation", "status bar": the keyword is half of a name for something to be seen. */
const COMPOUND =
  /\b(?:export|download|upload|credits?|balance|status)\s+(?:(?!the|this|that|my|our|your|a|an|its|it|as)[\w-]+\s+)?(?:bars?|buttons?|icons?|screens?|speed|meters?|counters?|animations?|effects?|logos?|cards?|rolls?|rolling|sequence|scenes?|symbols?|beams?|bikes?|boards?|sheets?|lights?|quo|arrows?|markets?)\b/;
const NAMED =
  /\b(?:end|ending|closing|opening|rolling|film|movie|cast)\s+credits\b|\b(?:work[- ]life|life|white|colou?r|audio|sound|tonal|perfect|inner|off)\s+balance\b/;

const SEND_ME =
  /^(?:(?:send|email)\s+(?:me|us)\b|(?:send|email)\b.*\b(?:to me|to us|over)$).*|^(?:send|email)\s+(?:it|(?:the |my )?video)$/;
const SHOW_TRACKS =
  /^(?:show|list|see|view|display)\s+(?:me\s+)?(?:us\s+)?(?:all\s+)?(?:of\s+)?(?:the\s+|my\s+)?(?:current\s+)?(?:timeline\s+)?(?:tracks|timeline)$/;

/** What a short English instruction asks for; null where it is a message. Lower case, quotations masked. */
export function englishIntent(said: string): 'export' | 'upload' | 'credits' | 'state' | null {
  const text = withoutPoliteness(said);
  const words = wordsOf(text);
  if (words.length === 0 || words.length > MAX_WORDS || COMPOUND.test(text) || NAMED.test(text)) return null;
  const clauses = text.split(CLAUSE_END).map((clause) => wordsOf(withoutPoliteness(clause.trim())));
  // Also behind an export: an edit that is dropped is worse than an export that has to be asked for again.
  if (clauses.some(([lead = '']) => MAKING.has(lead))) return null;

  const negated = NEGATED.test(text);
  if (!negated && clauses.some((clause) => leads(clause, EXPORT_VERBS, EXPORT_TALK) || sendsMe(clause)))
    return 'export';
  if (mentions(words, CREDITS) && isAbout(words, CREDITS_TALK)) return 'credits';
  if ((mentions(words, STATUS) && isAbout(words, STATE_TALK)) || SHOW_TRACKS.test(words.join(' '))) return 'state';
  if (mentions(words, EXPORT_VERBS) && strangers(words, EXPORT_TALK) === 0) return 'export';
  const uploads = clauses.length === 1 && leads(words, UPLOAD_VERBS, UPLOAD_TALK);
  return uploads || (mentions(words, UPLOAD_VERBS) && strangers(words, UPLOAD_TALK) === 0) ? 'upload' : null;
}

const EXPORT_VERBS = new Set(['export', 'download']);
const UPLOAD_VERBS = new Set(['upload']);
const CREDITS = new Set(['credits', 'credit', 'balance']);
const STATUS = new Set(['status']);

function withoutPoliteness(text: string): string {
  const left = text.replace(POLITE_START, '').replace(POLITE_END, '');
  return left === text ? text : withoutPoliteness(left);
}

function wordsOf(text: string): string[] {
  return (text.match(/[\p{L}\p{N}§][\p{L}\p{N}'.:-]*/gu) ?? []).map((word) => word.replace(/[.:'-]+$/, ''));
}

function mentions(words: string[], keywords: Set<string>): boolean {
  return words.some((word) => keywords.has(word));
}

function strangers(words: string[], talk: Set<string>): number {
  return words.filter((word) => !talk.has(word)).length;
}

/**
 * The verb comes first, and what follows is its object: "export the winter one", "export holiday video"; not
 * "export goods arriving at a port".
 */
function leads([verb = '', next, ...more]: string[], verbs: Set<string>, talk: Set<string>): boolean {
  if (!verbs.has(verb)) return false;
  if (next === undefined) return true;
  const last = more.at(-1) ?? next;
  return (talk === EXPORT_TALK && talk.has(next)) || FILES.has(last.split('.').at(-1) ?? last);
}

function sendsMe(clause: string[]): boolean {
  return SEND_ME.test(clause.join(' ')) && clause.some((word) => FILES.has(word) || word === 'it');
}

/** Nothing but talk of the account or the project; a question may name a thing or two besides. */
function isAbout(words: string[], talk: Set<string>): boolean {
  const [first = '', second] = words;
  const allowed = ASKED.has(first) ? 2 : second === 'of' ? 1 : 0;
  return strangers(words, talk) <= allowed;
}
