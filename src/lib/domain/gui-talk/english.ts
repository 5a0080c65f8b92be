import { MASK } from '../sentences.ts';
import { actionNamedIn, type GuiAction } from './action.ts';

/** What may stand before the verb of an instruction. */
const LEAD =
  /^(?:(?:and|or|so|then|now|next|first|finally|also|just|simply|please|alternatively|otherwise|you|['’]ll|will|can|may|could|should|must|need to|have to|want to|easily|directly|always|either|feel free to|go ahead and|be sure to|make sure to|remember to|don['’]t forget to|we recommend|let['’]s|step \d+)(?!\p{L})[\s,:.\uE000]*)+/iu;
const TO_DO_IT = /^to (?:\S+ ){1,6}?(?=(?:double-|right-)?(?:click|tap|press|open|drag|use|go to)\b)/i;

/** Parts of an editor that nothing in a video has. */
const PART = new RegExp(
  `(?<!\\p{L})(?:${[
    String.raw`(?:export|download|share|save|generate|apply|render|preview|play|upload|import|edit|split|trim|delete|undo|confirm|settings|publish|upgrade)[\s${MASK}]+(?:button|icon|tab|option|menu|key)s?`,
    String.raw`(?:media|effects?|properties|settings|assets?|timeline|music|audio|text|titles?|captions?|subtitles?|preview|export|layers?|library|transitions?|tracks?|templates?|side|left|right|editing|tools?|stickers?|filters?)\s+(?:panel|pane|tab|drawer|window|sidebar|menu)`,
    String.raw`${MASK}+\s*(?:button|icon|tab|option|menu|panel|key)s?`,
    'toolbar|sidebar|menu bar|context menu|drop-?down|playhead',
  ].join('|')})(?!\\p{L})`,
  'iu',
);
/** Names that may as well be part of a scene: they count after a verb that only a GUI takes. */
const PLACE = /\bthe (?:button|icon|panel|menu|slider|editor|workspace|dashboard|(?:media|asset) library|inspector)\b/i;
const TIMELINE = /\b(?:(?:in|on|to|onto|into|from)(?: the| your)?|the|your) timeline\b/i;
/** A button called by its name: quoted, bold, or capitalised. */
const LABEL = new RegExp(
  `^\\s+(?:on\\s+)?(?:the\\s+)?(?:${MASK}|(?:Export|Download|Save|Share|Generate|Apply|Preview|Play|Upload|Render|Publish|Settings|Ctrl|Cmd)\\b)`,
);

const CLICK = /^(?:double[- ]|right[- ])?click(?=[\s\uE000])/i;
const CLICKED = /^\s+(?:on\s+)?(?:the|your|that|this|these|any|here|it)\b/i;
const PRESS = /^(?:tap|press|hit|push|select|choose|pick|toggle|hover over|find|locate|look for|scroll|use|go back)\b/i;
const OPEN = /^(?:open|go to|head (?:over )?to|navigate to|switch to|visit|expand|access)\b(?!\s+(?:with|on|up)\b)/i;
const DRAG =
  /^(?:drag|drop)(?:[- ](?:and|&|n)[- ]drop)?\s+(?:the|your|a|an|any|it|them|this|that|each|these|those|clips?|files?|media)\b/i;
const DRAGGED =
  /\b(?:it|them|clips?|tracks?|files?|images?|photos?|videos?|music|audio|titles?|text|edges?|handles?|playhead|slider|layers?|segments?|elements?|media|timeline|canvas)\b/i;
const EDIT = /^(?:adjust|change|edit|move|trim|split|cut|resize|rename|delete|remove|replace|add|type|enter|set)\b/i;
const LOOK = /^(?:preview|play|watch|review|scrub|see|view|check(?: out)?|look at|find|inspect)\b/i;
const EXPORT =
  /^(?:(?:export|download)\s+(?:it|the|your|this|as|from|via|using|now|when|whenever|directly)\b|(?:save|render)\s+(?:the|your|this)\s+(?:final\s+)?(?:video|clip|file|project|result)\b)/i;
const PAY =
  /^(?:check|view|see|visit|open|go to|head to|manage|review|top up|upgrade|buy|purchase|recharge|look at|log ?in to)\b/i;
const TOP_UP = /^(?:top up|recharge|upgrade (?:your|to|the)(?: \w+){0,3} plan)\b/i;
const ACCOUNT =
  /\byour (?:account|billing|subscription|credits?|balance|wallet)\b|\b(?:the (?:billing|subscription|credit balance))\b|\b(?:account|billing|subscription|credits?|pricing)(?:\s|\/)+(?:page|settings|section|tab|menu|balance|panel|billing)\b|\b(?:buy|purchase|more) credits\b/i;
const FILM_CREDITS =
  /\b(?:end|opening|closing|rolling) credits\b|\bcredits (?:roll|scene|sequence|at the (?:end|start))\b/i;
const EXPORT_BUTTON = new RegExp(`\\b(?:export|download)[\\s${MASK}]+(?:button|icon|menu|option)\\b`, 'i');
const BY_CLICKING = /\bby (?:clicking|tapping|pressing|selecting|opening|dragging|using)\b/i;
const TO_YOU = /\byou(?:['’]ll| will| can)\b/i;

/** "Click sounds were added": the clause tells what was made. */
const MADE =
  /\b(?:was|were|has been|have been|is|are)\s+(?:now\s+)?(?:added|placed|inserted|created|animated|removed|applied|shown)\b/i;
/** The clause speaks of what a viewer sees, or of what the agent did. */
const CONTENT = /^(?:i|we)(?:['’]ve|['’]ll)?\s|\b(?:shows?|showing|appears?|reads|says|graphic|animation|overlay)\b/i;
const POINTS_HERE = /\b(?:below|above|following)\b/i;

/**
 * The action that an English clause asks a GUI user to take, or null. A verb alone proves nothing ("open with a wide
 * shot"): its object has to belong to an editor. `context`: the clause with its lead-ins, short names readable.
 */
export function englishAction(clause: string, context: string): GuiAction | null {
  const words = clause.replace(LEAD, '').replace(TO_DO_IT, '');
  const inEditor = PART.test(clause) || PART.test(context) || TIMELINE.test(context);
  if (MADE.test(clause)) return null;
  if (TOP_UP.test(words)) return 'credits';
  if (PAY.test(words) && ACCOUNT.test(words) && !FILM_CREDITS.test(words)) return 'credits';
  if (DRAG.test(words)) return DRAGGED.test(words) ? 'edit' : null;
  if (EXPORT.test(words)) return 'export';
  if (CLICK.test(words)) {
    const object = words.replace(CLICK, '');
    return inEditor || CLICKED.test(object) || LABEL.test(object) ? actionNamedIn(context, 'edit') : null;
  }
  if (LOOK.test(words) && inEditor) return POINTS_HERE.test(context) ? null : actionNamedIn(context, 'state');
  if (OPEN.test(words)) {
    const opens = inEditor || PLACE.test(context) || /\b(?:panel|tab|settings|library)\b/i.test(context);
    return opens ? actionNamedIn(context, 'state') : null;
  }
  if (PRESS.test(words)) {
    // "Use" and quoted words ("Use "Urban Dreams" as the title") are as often about content.
    const named = !/^use\b/i.test(words) && LABEL.test(words.replace(PRESS, ''));
    return inEditor || named || PLACE.test(context) ? actionNamedIn(context, 'edit') : null;
  }
  if (EDIT.test(words) && inEditor) return 'edit';
  return CONTENT.test(clause) ? null : aboutEditor(clause, context, inEditor);
}

/** Not an order, but about the editor all the same: "You'll find the Export button at the top." */
function aboutEditor(clause: string, context: string, inEditor: boolean): GuiAction | null {
  if (EXPORT_BUTTON.test(clause)) return 'export';
  if (BY_CLICKING.test(clause) && inEditor) return actionNamedIn(context, 'edit');
  return TO_YOU.test(clause) && PART.test(clause) ? actionNamedIn(context, 'state') : null;
}

const LEAD_IN =
  /^(?:to|if|when|whenever|once|after|before|in order to|as soon as|next(?: steps?)?|now|then|finally|note|tip|hint|alternatively|otherwise)\b/i;
/** What leads to an instruction is short. In characters. */
const MAX_LEAD_IN = 60;
const STATEMENT = /\b(?:i|we)(?:['’]ve| have)?\s+(?:\w+ed|put|made|set|cut|built)\b/i;

/** Whether an English clause only leads to the instruction behind it ("To download it, …"). */
export function isEnglishLeadIn(clause: string): boolean {
  if (clause.length > MAX_LEAD_IN || STATEMENT.test(clause)) return false;
  if (LEAD_IN.test(clause)) return true;
  return /^(?:in|on|at|from|under|inside)\b/i.test(clause) && (PART.test(clause) || TIMELINE.test(clause));
}

/** Whether a clause behind an instruction still tells the client something: an offer, or what the agent did. */
export function isEnglishAside(clause: string): boolean {
  return /^(?:(?:and|or|but|otherwise)\s+)?(?:(?:just\s+)?(?:tell|let|ask|message) (?:me|us)\b|(?:i|we)(?:['’]ve|['’]ll|\s))/i.test(
    clause,
  );
}
