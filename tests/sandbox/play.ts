import { waitFor } from '../support/wait-for.ts';
import { startSandbox } from './sandbox-client.ts';

/** Plays one generation (or, after one, an edit) of a story and looks at everything. */
export async function play(story: string, options: { edit?: true; speed?: number } = {}) {
  const sandbox = await startSandbox({ speed: options.speed ?? 5000 });
  const user = await sandbox.user();
  const sid = await user.session();
  if (options.edit) await user.say(sid, 'a fox');
  const before = { state: await user.state(sid), credits: await user.credits() };
  const heard = await user.say(sid, `a hare #${story}`);
  const atClose = await user.state(sid);
  await waitFor('the end of the run', async () => (await user.credits()).frozen === 0);
  const state = await user.state(sid);
  const charged = before.credits.total - (await user.credits()).total;
  const message = (await sandbox.log()).messages.at(-1);
  const tracks = (state.draft.t?.length ?? 0) - (before.state.draft.t?.length ?? 0);
  return { sandbox, user, sid, heard, atClose, tracks, charged, message };
}
