import { OPEN_STATUSES, TERMINAL_STATUSES } from '../../lib/domain/job.ts';

/** What a job shows as its `status`. */
export const JOB_STATUSES = [...OPEN_STATUSES, 'canceling', ...TERMINAL_STATUSES] as const;
