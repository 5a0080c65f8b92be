import type { Clock } from './clock.ts';
import { type Session, writeState } from './session.ts';

/** An analysis takes so long after a file has come, at real speed. */
const ANALYSIS_MS = 20_000;

/** The upstream looks at new files by itself: the state changes although no turn runs. */
export function analyseLater(clock: Clock, session: Session, filename: string): void {
  clock.later(ANALYSIS_MS, () => {
    const analysis = { filename, summary: 'One shot, steady camera, no speech.' };
    writeState(session, { video_analyses: [...(session.state.video_analyses ?? []), analysis] });
  });
}
