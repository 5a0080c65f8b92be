/** Why `npm run try` cannot go on. The message is one sentence for whoever typed the command. */
export class StartFault extends Error {
  override readonly name = 'StartFault';
}

/** Whatever was thrown, in one line: no stack trace, and no password of a database URL. */
export function sentenceOf(error: unknown): string {
  return maskPasswords(
    messageOf(error)
      .trim()
      .replace(/\s*\n\s*/g, '; '),
  );
}

/** The text with the passwords of its URLs hidden. */
export function maskPasswords(text: string): string {
  return text
    .replace(/(:\/\/[^\s/:@]*):[^\s/]*@/g, '$1:***@')
    .replace(/([?&](?:password|sslpassword)=)[^\s&]*/gi, '$1***');
}

/** A refused connection to `localhost` comes as an AggregateError that has a message per address and none itself. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return messageOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}
