import type { Step, Work } from '../stories/story.ts';
import { draftOfClip, withMusic, withTitle } from './draft.ts';
import { multitrackEdit } from './multitrack-edit.ts';
import { clipTitle } from './titles.ts';
import { toolCall } from './tool-call.ts';
import { COSTS } from './turn-kind.ts';

const CLIP_SECONDS = 10;
const CANVAS = { width: 1080, height: 1920, ratio: '9:16' };

/**
 * A new video in two stages, about 120 s: the raw clip, then music and a title by the agent's own doing
 * (nemovideo-api.md, "POST /run_sse").
 */
export function* generationSteps(work: Work): Iterable<Step> {
  const { words, state, pace } = work;
  const title = clipTitle(words);
  const files = state.video_infos.map(({ filename }) => filename);

  const call = toolCall('generate_video_with_seedance', {
    prompt: words,
    duration_s: CLIP_SECONDS,
    ...(files.length > 0 ? { reference_files: files } : {}),
  });
  yield { does: 'wait', ms: 2_000 * pace };
  yield { does: 'call', call, words: 'Generating your video now, this takes a while.' };
  yield { does: 'wait', ms: 80_000 * pace };
  const { draft, ...clip } = rawClip(work, title);
  const response = { status: 'success', credits_used: COSTS.generation, generated_media: clip.media };
  yield { does: 'result', call, response, writes: { ...clip.writes, draft } };

  yield { does: 'wait', ms: 2_000 * pace };
  const music = withMusic(draft);
  const news = 'The raw video is ready, adding music and a title.';
  yield* multitrackEdit(music, { op: 'add_bgm', mood: 'calm' }, 18_000 * pace, news);
  yield* multitrackEdit(withTitle(music, title), { op: 'add_title', text: title }, 16_000 * pace);

  yield { does: 'wait', ms: 2_000 * pace };
  yield {
    does: 'say',
    text: `Your video is ready: ${title} (${CLIP_SECONDS}s), with music and a title. Click the Export button to download it.`,
  };
}

function rawClip({ words, state, baseUrl }: Work, title: string) {
  const id = `gm_${String(state.generated_media.length + 1).padStart(3, '0')}`;
  const { width, height } = CANVAS;
  const url = `${baseUrl}/files/${id}.mp4`;
  const media = {
    media_id: id,
    media_type: 'video' as const,
    cdn_url: url,
    duration: CLIP_SECONDS,
    width,
    height,
    fps: 24,
    prompt: words,
  };
  const info = { filename: `${id}.mp4`, file_type: 'video', cdn_url: url, duration: CLIP_SECONDS };
  return {
    media,
    draft: draftOfClip({ url, durationMs: CLIP_SECONDS * 1000 }, { title, width, height, prompt: words }),
    writes: {
      generated_media: [...state.generated_media, media],
      video_infos: [...state.video_infos, info],
      canvas_config: CANVAS,
    },
  };
}
