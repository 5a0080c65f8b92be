/**
 * Lets the parent ask this process things over IPC: `{id, ask, ...}` is answered with `{id, answer}`. It ends with its
 * parent. JavaScript, because Node itself loads it.
 * @param {Record<string, (asked: any) => unknown>} answers
 */
export function answerAsks(answers) {
  process.on('message', async (/** @type {any} */ { id, ask, ...asked }) => {
    const answer = answers[ask];
    if (answer) process.send?.({ id, answer: (await answer(asked)) ?? null });
  });
  process.once('disconnect', () => process.exit(0));
}
