import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyFold, type FrameKind, foldPayload, MAX_TEXT_CHARACTERS } from '../../../src/lib/domain/stream/fold.ts';
import { answeredSinceError, turnText } from '../../../src/lib/domain/stream/words.ts';
import { foldPayloads } from './recordings.ts';

const frame = (parts: unknown[], more: object = {}) =>
  JSON.stringify({ author: 'nemo_agent', content: { role: 'model', parts }, actions: { stateDelta: {} }, ...more });
const final = (text: string) => frame([{ text }]);
const partial = (text: string, more: object = {}) => frame([{ text }], { partial: true, ...more });
const call = (name: string, id?: string) => ({ functionCall: { name, args: {}, id } });
const answer = (response: unknown, name = 'edit') => frame([{ functionResponse: { id: 'c1', name, response } }]);
const SORRY = 'I encountered a temporary issue. Please try again later.';
const textOf = (...payloads: string[]) => turnText(foldPayloads(payloads));

describe('one payload', () => {
  it.each<[string, string, FrameKind]>([
    ['an empty payload', '', 'heartbeat'],
    ['a typed heartbeat', '{"type":"heartbeat"}', 'heartbeat'],
    ['a final text', final('hi'), 'text'],
    ['a piece of a draft', partial('hi'), 'text'],
    ['a thought', frame([{ text: 'hm', thought: true }]), 'other'],
    ['an empty text', frame([{ text: '' }]), 'other'],
    ['an empty list of parts', frame([]), 'other'],
    ['content without parts', '{"author":"a","content":{"role":"model"}}', 'other'],
    ['a usage-only frame', '{"author":"a","usageMetadata":{},"partial":false}', 'other'],
    ["the user's own words", '{"author":"user","content":{"parts":[{"text":"make a video"}]}}', 'other'],
    ['text with a call', frame([{ text: 'now' }, call('generate', 'c1')]), 'tool'],
    ['a tool response', answer({ status: 'success' }), 'tool'],
    ['an error event', '{"author":"a","errorCode":"MAX_TOKENS"}', 'error'],
    ['an error event with text', frame([{ text: 'a cut text' }], { errorCode: 'MAX_TOKENS' }), 'error'],
    ['an error in snake case', '{"author":"a","error_code":"SAFETY","error_message":"no"}', 'error'],
    ['an empty model turn of adk-js', '{"author":"a","errorCode":"STOP","finishReason":"STOP"}', 'silent'],
    ['an empty model turn of adk-python', '{"author":"a","errorCode":"MODEL_RETURNED_NO_CONTENT"}', 'silent'],
    ['a fatal error', '{"error":"boom"}', 'fatal'],
    ['a fatal error with details', '{"error":"ValueError: x","error_details":{"error_type":"ValueError"}}', 'fatal'],
    ['a fatal error that is no JSON', '{"error": "bad "quote" inside"}', 'fatal'],
    ['a fatal error cut by a raw line end', '{"error": "first line', 'fatal'],
    ['an empty object', '{}', 'fatal'],
    ['an error spoken by "system"', '{"author":"system","content":{"parts":[{"text":"Error: boom"}]}}', 'fatal'],
    ['an event whose error is null', frame([{ text: 'fine' }], { error: null }), 'text'],
    ['an error envelope', '{"code":2001,"message":"no credits"}', 'error'],
    ['JSON that is no object', '[1]', 'unreadable'],
    ['a number', '5', 'unreadable'],
    ['null', 'null', 'unreadable'],
    ['no JSON', '[DONE]', 'unreadable'],
    ['half of a frame', '{"author":"nemo_agent","con', 'unreadable'],
    ['an object of nobody we know', '{"hello":1}', 'unreadable'],
    ['a typed text', '{"type":"text","content":"hi"}', 'text'],
    ['a typed tool call', '{"type":"tool_call","name":"generate_video","args":{}}', 'tool'],
    ['a typed tool result', '{"type":"tool_result","name":"generate_video","result":{}}', 'tool'],
    ['a typed error', '{"type":"error","message":"no"}', 'error'],
    ['a typed event of an unknown type', '{"type":"status","content":"x"}', 'other'],
  ])('%s is read for what it is', (_what, payload, kind) => {
    expect(foldPayload(emptyFold(), payload)).toBe(kind);
  });

  it('is never a reason to throw, and always leaves a fold that Postgres can store', () => {
    const keys = fc.constantFrom(
      'author',
      'content',
      'parts',
      'type',
      'error',
      'text',
      'actions',
      'errorCode',
      'partial',
    );
    const json = fc.object({ key: keys, maxDepth: 4 }).map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(fc.array(fc.oneof(json, fc.json(), fc.string({ unit: 'binary' })), { maxLength: 8 }), (payloads) => {
        const fold = foldPayloads(payloads);
        expect(fold.frames + fold.heartbeats).toBe(payloads.length);
        expect(JSON.parse(JSON.stringify(fold))).toEqual(fold);
        expect(JSON.stringify([fold, turnText(fold)])).not.toMatch(/\\u0000|\\ud[89a-f]/i);
      }),
    );
  });

  it('says why a run died, even where the server did not escape it', () => {
    expect(foldPayloads(['{"error": "bad "quote" inside"}']).fatal).toEqual({ message: 'bad "quote" inside' });
    expect(foldPayloads(['{"error":{"message":"inner"}}']).fatal).toEqual({ message: 'inner' });
    expect(foldPayloads(['{}']).fatal?.message).toMatch(/without saying why/);
  });
});

describe('the text of a turn', () => {
  it('counts a streamed text once', () => {
    expect(textOf(partial('Hel'), partial('lo'), final('Hello'))).toEqual({ text: 'Hello', incomplete: false });
  });

  it('keeps all final texts, a blank line between them', () => {
    expect(textOf(final('One. '), answer({}), final('Two.'))).toEqual({ text: 'One.\n\nTwo.', incomplete: false });
  });

  it('keeps once what the agent says again and again', () => {
    const said = [final('Still at it.'), partial('Still at'), final('Still at it.'), answer({}), final('Still at it.')];
    expect(textOf(...said, final('Ready.'), final('Still at it.')).text).toBe('Still at it.\n\nReady.\n\nStill at it.');
  });

  it('cuts nothing off for a long text that is said again', () => {
    const long = 'x'.repeat(MAX_TEXT_CHARACTERS - 3);
    expect(textOf(final(long), final(long))).toEqual({ text: long, incomplete: false });
  });

  it('takes the same words after an error for an answer to it', () => {
    const error = '{"author":"nemo_agent","errorCode":"UNAVAILABLE"}';
    expect(answeredSinceError(foldPayloads([final('Ready.'), error]))).toBe(false);
    expect(answeredSinceError(foldPayloads([final('Ready.'), error, final('Ready.')]))).toBe(true);
  });

  it('keeps a draft that never got its final text, as incomplete', () => {
    expect(textOf(final('One.'), partial('Tw'))).toEqual({ text: 'One.\n\nTw', incomplete: true });
  });

  it('is not ended or emptied by shells', () => {
    const shells = [frame([{ text: '' }]), frame([]), '{"author":"nemo_agent","partial":false}'];
    expect(textOf(partial('Hel'), ...shells, partial('lo')).text).toBe('Hello');
    expect(textOf(final('Hello'), ...shells)).toEqual({ text: 'Hello', incomplete: false });
  });

  it('keeps drafts of two agents apart', () => {
    const other = { author: 'music_agent' };
    const payloads = [partial('A'), partial('x', other), partial('B'), partial('y', other), final('AB')];
    expect(textOf(...payloads)).toEqual({ text: 'AB\n\nxy', incomplete: true });
  });

  it('leaves thoughts out of drafts and final texts', () => {
    const thought = { text: 'The user wants', thought: true };
    expect(textOf(frame([thought], { partial: true }), frame([thought, { text: 'Done.' }]))).toEqual({
      text: 'Done.',
      incomplete: false,
    });
  });

  it('joins the halves of a character that two chunks share', () => {
    const chunks = ['"🦊 fo\\ud83e"', '"\\udd8ax"'].map((text) => partial('@').replace('"@"', text));
    expect(textOf(...chunks).text).toBe('🦊 fo🦊x');
    expect(textOf(chunks[0] ?? '').text).toBe('🦊 fo');
  });

  it('keeps what broke off before an error, unless the agent says it again in full', () => {
    const error = '{"author":"nemo_agent","errorCode":"UNAVAILABLE"}';
    expect(textOf(partial('Starting'), error, partial('Anew'), final('Anew.'))).toEqual({
      text: 'Starting\n\nAnew.',
      incomplete: true,
    });
    expect(textOf(partial('Star'), error, final('Starting, done.'))).toEqual({
      text: 'Starting, done.',
      incomplete: false,
    });
  });

  it('is incomplete when its error came with it', () => {
    expect(textOf(frame([{ text: 'A long' }], { errorCode: 'MAX_TOKENS' })).incomplete).toBe(true);
  });

  it.each([
    SORRY,
    'I’m sorry, I encountered a temporary issue.',
    'Sorry, but I ran into a temporary problem!',
    '抱歉，我遇到了一个临时问题，请稍后再试。',
  ])('loses a closing %j after an answer, after work, and nowhere else', (apology) => {
    expect(textOf(final('Ready.'), final(apology)).text).toBe('Ready.');
    expect(textOf(answer({ status: 'success' }), final(apology)).text).toBe('');
    expect(textOf(final(apology)).text).toBe(apology);
    expect(textOf(answer({ error: 'x' }), final(apology)).text).toBe(apology);
    expect(textOf(final(apology), final('Ready.')).text).toBe(`${apology}\n\nReady.`);
  });

  it('keeps a closing text that says more than that', () => {
    const text = 'I encountered a temporary issue with the music. The video now has a Lo-fi track instead.';
    expect(textOf(final('Ready.'), final(text)).text).toBe(`Ready.\n\n${text}`);
  });

  it('is capped, and says so', () => {
    const long = 'x'.repeat(MAX_TEXT_CHARACTERS - 3);
    const { text, incomplete } = textOf(final(long), final('123456'));
    expect(text).toBe(`${long}\n\n123`);
    expect(incomplete).toBe(true);
    expect(textOf(final(long)).incomplete).toBe(false);
  });

  it('reads typed texts as whole messages', () => {
    const typed = ['One.', 'Two.'].map((content) => JSON.stringify({ type: 'text', content }));
    expect(textOf(...typed)).toEqual({ text: 'One.\n\nTwo.', incomplete: false });
  });
});

describe('the tools of a turn', () => {
  it('counts a call once that came in a partial frame and again in the final one', () => {
    const payloads = [
      frame([call('generate', 'c1')], { partial: true }),
      frame([call('generate', 'c1'), call('edit', 'c2')]),
    ];
    expect(foldPayloads(payloads).toolCalls).toEqual([
      { id: 'c1', name: 'generate' },
      { id: 'c2', name: 'edit' },
    ]);
  });

  it.each<[unknown, number]>([
    [{ error: "Error in tool 'x': boom" }, 1],
    [{ status: 'error' }, 1],
    [{ success: false }, 1],
    [{ status: 'success', error: null }, 0],
    [{ result: 4242 }, 0],
    [undefined, 0],
  ])('counts %j as %i failures', (response, failures) => {
    expect(foldPayloads([answer(response)])).toMatchObject({ toolResponses: 1, toolFailures: failures });
  });

  it('are read in snake case and in the typed dialect too', () => {
    const snake = JSON.stringify({
      author: 'a',
      content: {
        parts: [{ function_call: { id: 'c1', name: 'generate' } }, { function_response: { name: 'generate' } }],
      },
      actions: { state_delta: { draft: {} } },
    });
    expect(foldPayloads([snake])).toMatchObject({
      toolCalls: [{ id: 'c1', name: 'generate' }],
      toolResponses: 1,
      lastTool: 'generate',
      stateTouched: true,
    });
    const typed = ['{"type":"tool_call","name":"cut"}', '{"type":"tool_result","name":"cut","result":{"error":"x"}}'];
    expect(foldPayloads(typed)).toMatchObject({ toolCalls: [{ id: null, name: 'cut' }], toolFailures: 1 });
  });

  it('touch the state only where they write the draft or the media', () => {
    const touched = (stateDelta: object) => foldPayloads([frame([], { actions: { stateDelta } })]).stateTouched;
    expect([touched({ last_search: 'x' }), touched({ draft: {} }), touched({ generated_media: [] })]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('and errors, authors and codes are cut where they are too long to be meant', () => {
    const long = 'x'.repeat(100_000);
    const author = `${long}y`;
    const fold = foldPayloads([
      frame([call(long, long), { text: 'Half' }], { partial: true, author }),
      frame([{ functionResponse: { name: long } }], { author: 'b' }),
      frame([], { author: 'b', errorCode: long, errorMessage: long }),
    ]);
    expect(JSON.stringify(fold).length).toBeLessThan(2_000);
    expect(fold.lastTool).toBe('x'.repeat(100));
    expect(fold.drafts).toMatchObject([{ text: 'Half' }]);
    foldPayload(fold, frame([call(long, long), { text: 'Half of it' }], { author }));
    expect([fold.drafts, fold.toolCalls.length]).toEqual([[], 1]);
  });

  it('and errors of an agent that loops stay few', () => {
    const fold = emptyFold();
    for (let turn = 0; turn < 500; turn += 1) {
      foldPayload(fold, frame([call('x', `c${turn}`)]));
      foldPayload(fold, `{"author":"a","errorCode":"E${turn}"}`);
    }
    expect(JSON.stringify(fold).length).toBeLessThan(20 * 1024);
    expect(fold.errors.at(-1)?.code).toBe('E499');
    expect([fold.errors.length, fold.toolCalls.length]).toEqual([20, 200]);
  });
});
