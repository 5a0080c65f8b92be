/** The English words of the router: what leads an edit, and what people say around each keyword. */

/** Verbs of making and editing: an instruction that one of them leads is a message. */
export const MAKING = wordSet(`
  make create generate build produce design draw write record film shoot animate compose invent imagine describe
  add put insert include place overlay attach append apply use combine merge mix join
  remove delete erase drop clear hide mute cut trim split crop shorten extend loop reverse
  change set edit adjust turn move shift swap replace rename rewrite resize rotate flip zoom pan scale fit
  slow speed fade blur sharpen brighten darken lighten colour color grade increase decrease raise lower boost reduce
  start begin open end close roll keep let try improve fix redo undo convert transform translate
`);

/** Words that open a question of the account or the project. */
export const ASKED = wordSet(`how what what's whats check tell do does did is are where when which query`);

/** What a file is called; formats included. */
export const FILES = wordSet(`
  video videos clip clips movie movies file files footage project result reel draft timeline version edit cut link
  photo photos image images picture pictures pic pics song songs music audio track document documents asset assets
  attachment attachments material materials media mp4 mov webm avi mkv gif jpg jpeg png webp heic mp3 wav m4a aac txt
`);

const COMMON = `
  the a an any this that these those it its them my our your i we me us you is are am be was will can do does did have has
  to of in on at as for from with by up out all one here there how what what's whats when where now again still yet
  please show check see view tell get give display look know and or new latest current currently final finished
`;
export const EXPORT_TALK = wordSet(`
  ${COMMON} ${[...FILES].join(' ')} export download send save ready done over complete completed able possible
  full high low medium best good quality resolution format hd uhd fhd 4k 2k 1080p 720p 480p computer phone device
  disk copy everything thing directly option options url progress winter first second last whole entire
`);
export const UPLOAD_TALK = wordSet(
  `${COMMON} ${[...FILES].join(' ')} upload attached some more few two three another session`,
);
export const CREDITS_TALK = wordSet(`
  ${COMMON} credits credit balance much many left remaining remain remains available account more total used spent
  spend cost costs need enough got buy purchase top recharge run out no low free plan point points money charge charged
`);
export const STATE_TALK = wordSet(`
  ${COMMON} status project session timeline video clip edit job render export upload download generation update report
  going tracks track draft progress
`);

function wordSet(words: string): Set<string> {
  return new Set(words.trim().split(/\s+/));
}
