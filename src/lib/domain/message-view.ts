/** One POST of a message, as it is stored. */
export type AttemptOfMessage = {
  at: string;
  status_code: number | null;
  duration_ms: number;
  error: string | null;
  response: string;
};

/** `failed`: it is not tried any more. */
export const MESSAGE_STATUSES = ['pending', 'delivered', 'failed'] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/** A webhook message with its attempts, oldest first. Field names are the column names. */
export type MessageRecord = {
  id: string;
  endpoint_id: string | null;
  url: string;
  event_id: string;
  event_type: string;
  status: MessageStatus;
  next_attempt_at: Date | null;
  created_at: Date;
  attempts: AttemptOfMessage[];
};

/** The message as clients see it. */
export function messageView(message: MessageRecord) {
  return {
    id: message.id,
    object: 'webhook_message' as const,
    endpoint_id: message.endpoint_id,
    url: message.url,
    event_id: message.event_id,
    event_type: message.event_type,
    status: message.status,
    next_attempt_at: message.status === 'pending' ? (message.next_attempt_at?.toISOString() ?? null) : null,
    attempts: message.attempts.map((attempt) => ({ ...attempt, at: new Date(attempt.at).toISOString() })),
    created_at: message.created_at.toISOString(),
  };
}
