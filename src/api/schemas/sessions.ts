import { z } from 'zod';
import { SESSION_STATUSES } from '../../lib/domain/session-view.ts';
import { DEFAULT_SKILL } from '../../lib/skills.ts';
import { listOf, moment, oneOf } from './answer.ts';
import { boundedText } from './bounded.ts';
import { language } from './language.ts';
import { pathOf } from './list.ts';
import { media, Timeline } from './timeline.ts';

const MAX_NAME = 200;

/** The body of `POST /v1/sessions`; all of it may be left out. */
export const CreateSession = z.preprocess(
  (body) => body ?? {},
  z
    .strictObject({
      skill: z.string().default(DEFAULT_SKILL).describe('The skill in whose name it is opened.'),
      language: language.nullish().describe("The language of the agent; left out: that of the first job's prompt."),
      name: boundedText(MAX_NAME)
        .refine((name) => name.trim() !== '', 'Must say something.')
        .nullish()
        .describe("The client's own name for it."),
    })
    .meta({ examples: [{ skill: 'pika-labs', language: 'ja', name: 'Foxes' }] }),
);

export const SessionParams = pathOf('ses');

const status = oneOf(...SESSION_STATUSES).describe('`lost`: NemoVideo no longer knows it.');
const workspace = z.string().nullable().describe('Where a person can go on with it.');

export const Session = z
  .object({
    id: z.string().describe('`ses_…`'),
    object: z.literal('session').describe('Always `session`.'),
    name: z.string().nullable().describe("The client's own name for it."),
    skill: z.string().describe('The skill in whose name it is opened.'),
    language: z.string().nullable().describe('The language of the agent; null until its first job.'),
    status,
    workspace_url: workspace,
    timeline: Timeline.nullable().describe('As it was last read; null before anything was.'),
    created_at: moment.describe('When it was made.'),
  })
  .meta({ id: 'Session', description: 'One project, with one timeline.' });

export const SessionList = listOf('SessionList', Session);

export const SessionState = z
  .object({
    object: z.literal('session_state').describe('Always `session_state`.'),
    session_id: z.string().describe('The session.'),
    timeline: Timeline,
    canvas: z
      .object({
        width: z.number().describe('In pixels.'),
        height: z.number().describe('In pixels.'),
        ratio: z.string().nullable().describe('Such as `16:9`.'),
      })
      .nullable()
      .describe('The size of the picture.'),
    media,
    files: z
      .array(
        z.object({
          filename: z.string().nullable().describe('What it is called.'),
          kind: oneOf('video', 'image', 'audio', 'other').describe('What it is.'),
          url: z.string().describe('Where it is.'),
        }),
      )
      .describe('The files that were brought into the session.'),
    ready_for_export: z.boolean().describe('Whether there is something to export.'),
    as_of: moment.describe('When this was read.'),
    stale: z.boolean().describe('True: NemoVideo did not answer, this is what was read last.'),
  })
  .meta({ id: 'SessionState', description: 'What a session holds.' });

/** The state that `POST /v1/messages` answers with. */
export const MessageState = SessionState.extend({ status, workspace_url: workspace }).meta({
  id: 'MessageState',
  description: 'What a session holds, and how it is.',
});
