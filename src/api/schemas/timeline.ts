import { z } from 'zod';
import { oneOf } from './answer.ts';

/** What a session holds, wherever it is shown. */

export const TimelineChange = z
  .object({
    op: z.enum(['add', 'remove', 'change']).describe('What happened.'),
    track: z.enum(['video', 'audio', 'text', 'other']).describe('On which kind of track.'),
    title: z.string().describe('What it happened to.'),
    detail: z.string().describe('When it plays, how loud, or what is different: `0-10s, 35%`.'),
  })
  .meta({ id: 'TimelineChange', description: 'One difference between the timeline before and after.' });

export const Timeline = z
  .object({
    summary: z.string().describe('The timeline in one line.'),
    duration_ms: z.number().describe('How long the video is, in ms.'),
    tracks: z
      .array(
        z.object({
          type: oneOf('video', 'audio', 'text', 'other').describe('What the track holds.'),
          title: z.string().describe('What plays on it.'),
          start_ms: z.number().describe('When it begins, in ms.'),
          end_ms: z.number().describe('When it ends, in ms.'),
          volume: z.number().nullable().describe('0–1; null where its parts differ or none is named.'),
        }),
      )
      .describe('The tracks that hold something.'),
  })
  .meta({ id: 'Timeline', description: 'The tracks of a video.' });

export const media = z
  .array(
    z.object({
      url: z.string().describe('Where it is.'),
      kind: oneOf('video', 'image', 'audio', 'other').describe('What it is.'),
    }),
  )
  .describe('The files that the agent has made.');
