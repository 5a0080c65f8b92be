import type { GenerateOptions } from './prompt.ts';
import type { TurnFold } from './stream/fold.ts';

/** What a job is, as it is stored. Field names are the column names. */

export const JOB_TYPES = ['generate', 'upload', 'export'] as const;
export type JobType = (typeof JOB_TYPES)[number];

/** `canceling` is not stored: a job shows it while its cancellation is asked for and not yet done. */
const OPEN_STATUSES = ['queued', 'waiting', 'running'] as const;
export const TERMINAL_STATUSES = ['succeeded', 'failed', 'canceled', 'expired'] as const;
export const JOB_STATUSES = [...OPEN_STATUSES, ...TERMINAL_STATUSES] as const;
/** What a job shows as its `status`. */
export const SHOWN_STATUSES = [...OPEN_STATUSES, 'canceling', ...TERMINAL_STATUSES] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];

export const PHASES = ['session', 'upload', 'converse', 'reconcile', 'render', 'verify'] as const;
export type Phase = (typeof PHASES)[number];

export const WAITING_REASONS = ['session', 'credits', 'concurrency', 'rate_limit', 'render', 'recovery'] as const;
export type WaitingReason = (typeof WAITING_REASONS)[number];

/** The queues that take a job's next step: `run` holds a slot while it works, `wait` is for short looks in between. */
export const LANES = ['run', 'wait'] as const;
export type Lane = (typeof LANES)[number];

export const EXPORT_FORMATS = ['mp4', 'mov', 'webm', 'avi', 'mkv'] as const;
export const EXPORT_QUALITIES = ['low', 'medium', 'high'] as const;
export type ExportOptions = { format: (typeof EXPORT_FORMATS)[number]; quality: (typeof EXPORT_QUALITIES)[number] };
export const DEFAULT_EXPORT: ExportOptions = { format: 'mp4', quality: 'high' };

/** A file for a job: one that was given to us, or one that the upstream fetches itself. */
export type AssetRef = { asset_id: string } | { url: string };
/** `prompt` as it is sent: with the words of a text asset. */
export type GenerateInput = {
  prompt: string;
  language: string;
  options?: GenerateOptions;
  assets?: AssetRef[];
  export: ExportOptions | null;
};
export type UploadInput = { assets: AssetRef[] };
export type ExportInput = ExportOptions;
export type JobInput = GenerateInput | UploadInput | ExportInput;

export type Progress = { percent: number | null; message: string | null; events: number; last_event_at: string | null };

/** Credits at one moment, whole numbers; total = available + frozen. */
export type Credits = { available: number; frozen: number; total: number };
/** `none`: no turn was sent. `bounded`: another turn overlapped or the balance was topped up. */
export const CERTAINTIES = ['exact', 'bounded', 'unknown', 'none'] as const;
export type Certainty = (typeof CERTAINTIES)[number];
export type Cost = { before: Credits | null; after: Credits | null; charged: number | null; certainty: Certainty };
export const CHARGED = ['yes', 'no', 'unknown'] as const;
export type Charged = (typeof CHARGED)[number];

export type SuggestedAction = { action: 'export' | 'credits' | 'state' | 'edit'; text: string };
export type TrackType = 'video' | 'audio' | 'text' | 'other';
export type TimelineChange = {
  op: 'add' | 'remove' | 'change';
  track: TrackType;
  title: string;
  detail: string;
};
export type TimelineTrack = { type: TrackType; title: string; start_ms: number; end_ms: number; volume: number | null };
export type Timeline = { summary: string; duration_ms: number; tracks: TimelineTrack[] };
export type Output = {
  url: string;
  format: string;
  render_id: string;
  content_type: string | null;
  bytes: number | null;
  duration_ms: number | null;
  verified: boolean;
  expires_at: string | null;
};
export type JobResult = {
  text: string;
  changes: TimelineChange[];
  timeline: Timeline;
  media: { url: string; kind: string }[];
  suggested_actions: SuggestedAction[];
  output: Output | null;
  workspace_url: string | null;
};

export type JobError = {
  code: string;
  message: string;
  retryable: boolean;
  action: { kind: string; url?: string } | null;
  upstream: { status: number | null; code: number | null } | null;
};

/**
 * `unsent`: a message may be sent. `sending`: it may have been sent, so it never is again. `closed`: its stream has
 * ended and was recorded. `done`: what it did is known.
 */
export type TurnState = 'unsent' | 'sending' | 'closed' | 'done';
/** How a turn's stream ended: by itself, cut, or given up for its silence or its length. */
export type TurnEnd = 'closed' | 'lost' | 'idle_timeout' | 'total_timeout';

export type JobRecord = {
  id: string;
  tenant_id: string;
  session_id: string;
  account_id: string | null;
  type: JobType;
  skill: string;
  status: JobStatus;
  phase: Phase | null;
  seq: number;
  priority: number;
  rank_ms: number;
  input: JobInput;
  asset_ids: string[];
  metadata: Record<string, string>;
  webhook_url: string | null;
  webhook_events: string[];
  client_reference: string | null;
  batch_id: string | null;
  custom_id: string | null;
  capped: boolean;
  waiting_reason: WaitingReason | null;
  progress: Progress;
  result: JobResult | null;
  error: JobError | null;
  cost: Cost;
  charged: Charged;
  request_id: string;
  traceparent: string | null;
  created_at: Date;
  started_at: Date | null;
  phase_started_at: Date | null;
  finished_at: Date | null;
  cancel_requested_at: Date | null;
  expires_at: Date | null;
  deadline_at: Date | null;
  wait_for_credits: boolean;
  retry_of: string | null;
  attempt: number;
  lane: Lane;
  due_at: Date;
  dispatch_no: number;
  dispatched_at: Date | null;
  epoch: number;
  owner: string | null;
  lease_until: Date | null;
  turn_state: TurnState;
  sent_at: Date | null;
  turn_ended_at: Date | null;
  turn_end: TurnEnd | null;
  turn_fold: TurnFold | null;
  state_before_hash: string | null;
  state_last_hash: string | null;
  recovery_reads: number;
  failures: number;
  failing_since: Date | null;
  remedies: string[];
};

/** The files that a job names, text files included; none for an export. */
export function assetsOf(input: JobInput): AssetRef[] {
  return ('assets' in input && input.assets) || [];
}

/** The language of a job that says nothing. */
const NO_LANGUAGE = 'en';

/** The language in which a job speaks. */
export function languageOf(input: JobInput): string {
  return 'language' in input ? input.language : NO_LANGUAGE;
}

/** Whether nothing more will happen to the job. */
export function isTerminal(status: JobStatus): status is TerminalStatus {
  return (TERMINAL_STATUSES as readonly string[]).includes(status);
}

/** A job that has only just been accepted. */
export const NO_PROGRESS: Progress = { percent: null, message: null, events: 0, last_event_at: null };
/** What has been spent so far: nothing, and that is certain, while no turn was sent. */
export const NO_COST: Cost = { before: null, after: null, charged: 0, certainty: 'none' };
