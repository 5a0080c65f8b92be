import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { monotonicMs } from '../../src/lib/clock.ts';
import { readSessionState, type SessionState } from '../../src/lib/domain/session-state.ts';
import { emptyFold, foldPayload, type TurnFold } from '../../src/lib/domain/stream/fold.ts';
import { turnText } from '../../src/lib/domain/stream/words.ts';
import { isExportable } from '../../src/lib/domain/timeline/timeline.ts';
import { decideTurn } from '../../src/lib/domain/turn-outcome.ts';
import { upstreamPolicy } from '../../src/lib/domain/upstream-errors.ts';
import { createNemoClient, type NemoClient } from '../../src/lib/nemo/client.ts';
import { createOutputs } from '../../src/lib/nemo/output.ts';
import { createTransport, type Identity, type Transport } from '../../src/lib/nemo/transport.ts';
import { runTurn } from '../../src/lib/nemo/turn.ts';
import { UpstreamError } from '../../src/lib/nemo/upstream-error.ts';
import { startTestSandbox, type TestSandbox } from '../support/sandbox.ts';
import { waitFor } from '../support/wait-for.ts';

const SKILL = { name: 'nemo-video', version: '1.9', platform: 'unknown' };
const NEVER = new AbortController().signal;
const MINUTE_MS = 60_000;

/**
 * The same calls against the sandbox and, with NEMO_LIVE_TOKEN, against the real service: what we believe of the
 * upstream is what it does. The live run opens one session and asks one question; NEMO_LIVE_SPEND=1 also makes a clip.
 */
const live = process.env.NEMO_LIVE_TOKEN;
const targets = live ? ['sandbox', 'live'] : ['sandbox'];

describe.each(targets)('the upstream, as we speak to it (%s)', (target) => {
  const spends = target === 'sandbox' || process.env.NEMO_LIVE_SPEND === '1';
  let sandbox: TestSandbox | null = null;
  let transport: Transport;
  let nemo: NemoClient;
  let who: Identity;
  let sessionId: string;
  let taskId: string | null;

  beforeAll(async () => {
    sandbox = target === 'sandbox' ? await startTestSandbox() : null;
    transport = createTransport(sandbox?.url ?? process.env.NEMO_API_URL ?? 'https://mega-api-prod.nemovideo.ai');
    nemo = createNemoClient(transport);
    const token = sandbox ? (await nemo.anonymousToken(randomUUID(), SKILL)).token : (live ?? '');
    who = { token, skill: SKILL };
    ({ session_id: sessionId, task_id: taskId } = await nemo.createSession(who, 'en', NEVER));
  });

  afterAll(async () => {
    await transport?.close();
    await sandbox?.close();
  });

  const state = async (): Promise<SessionState> => readSessionState(await nemo.state(who, sessionId, NEVER));

  async function say(text: string): Promise<TurnFold> {
    const fold = emptyFold();
    const ending = await runTurn({
      baseUrl: transport.baseUrl,
      who,
      sessionId,
      text,
      openBefore: monotonicMs() + 5_000,
      idleMs: 10 * MINUTE_MS,
      totalMs: 15 * MINUTE_MS,
      signal: NEVER,
      onPayload: (payload) => foldPayload(fold, payload) !== 'heartbeat',
    });
    expect(ending).toEqual({ kind: 'closed' });
    return fold;
  }

  const refusal = async (call: Promise<unknown>) => {
    const error = await call.then(
      () => null,
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(UpstreamError);
    expect((error as UpstreamError).answer).not.toBeNull();
    return upstreamPolicy((error as UpstreamError).answer ?? { status: 0, code: null });
  };

  it('gives whole credits whose parts add up', async () => {
    const { available, frozen, total } = await nemo.credits(who, NEVER);
    expect(available + frozen).toBe(total);
    expect(Number.isInteger(total)).toBe(true);
  });

  it('opens sessions with a numeric id, an empty state and a link that can be given away', async () => {
    expect(sessionId).toMatch(/^\d+$/);
    expect(isExportable(await state())).toBe(false);
    expect(await nemo.claimToken(who, { task_id: taskId, session_id: sessionId }, NEVER)).toMatch(/^clm_/);
  });

  it('answers a question in words and changes nothing', async () => {
    const before = await state();
    const fold = await say('What can you do for me?');
    expect(turnText(fold).text).not.toBe('');
    expect(decideTurn({ fold, end: 'closed', before, after: await state() })).toMatchObject({
      kind: 'done',
      changes: [],
    });
  });

  it('refuses a token that it does not know, a session that does not exist, a render that it never saw', async () => {
    const stranger = { token: 'nmv_usr_bad_token', skill: SKILL };
    expect((await refusal(nemo.credits(stranger, NEVER))).remedy).toBe('renew_token');
    expect((await refusal(nemo.state(who, '999999999999', NEVER))).remedy).toBe('renew_session');
    await refusal(nemo.render(who, `render_${randomUUID()}`, NEVER));
  });

  it.runIf(spends)('makes a clip, charges for it, and renders it under an id of ours', async () => {
    const [before, balance] = [await state(), await nemo.credits(who, NEVER)];
    const fold = await say('A paper boat on a pond, 5 seconds');
    const after = await state();
    expect(decideTurn({ fold, end: 'closed', before, after })).toMatchObject({ kind: 'done' });
    expect((await nemo.credits(who, NEVER)).total).toBeLessThan(balance.total);

    const id = `render_${randomUUID()}`;
    const render = { id, sessionId, draft: after.rawDraft, output: { format: 'mp4', quality: 'high' } as const };
    await nemo.submitRender(who, render, NEVER);
    await refusal(nemo.submitRender(who, render, NEVER));
    const done = await waitFor(
      'the render',
      async () => {
        const look = await nemo.render(who, id, NEVER);
        return look.status === 'completed' && look;
      },
      5 * MINUTE_MS,
    );
    const outputs = createOutputs(transport.baseUrl);
    expect(await outputs.probe(done.url ?? '', NEVER)).toMatchObject({ contentType: 'video/mp4' });
    await outputs.close();
  });
});
