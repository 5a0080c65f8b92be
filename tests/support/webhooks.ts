import type { TestService } from './service.ts';
import { waitFor } from './wait-for.ts';

export type EndpointView = {
  id: string;
  object: string;
  url: string;
  description: string | null;
  events: string[];
  enabled: boolean;
  disabled_reason: string | null;
  failing_since: string | null;
  created_at: string;
  secret: string;
};

export type MessageView = {
  id: string;
  object: string;
  endpoint_id: string | null;
  url: string;
  event_type: string;
  status: string;
  next_attempt_at: string | null;
  attempts: { at: string; status_code: number | null; duration_ms: number; error: string | null; response: string }[];
  created_at: string;
};

export type List<T> = { object: string; data: T[]; has_more: boolean };

/** What the tests of webhooks ask of the service again and again. */
export function webhookCalls(service: TestService) {
  const { client } = service;
  const message = async (id: string) => (await client.get<MessageView>(`/v1/webhook-messages/${id}`)).body;
  return {
    message,
    async endpoint(url: string, events?: string[]): Promise<EndpointView> {
      const answer = await client.post<EndpointView>('/v1/webhook-endpoints', { url, ...(events ? { events } : {}) });
      if (answer.status !== 201) throw new Error(`not made: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    found: async (id: string) => (await client.get<EndpointView>(`/v1/webhook-endpoints/${id}`)).body,
    async test(endpointId: string): Promise<MessageView> {
      const answer = await client.post<MessageView>(`/v1/webhook-endpoints/${endpointId}/test`, {});
      if (answer.status !== 202) throw new Error(`not sent: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    messages: async (query = '') => (await client.get<List<MessageView>>(`/v1/webhook-messages${query}`)).body.data,
    /** Waits until the message has so many attempts and this status. */
    settled: (id: string, status: string, attempts: number) =>
      waitFor(`a ${status} message with ${attempts} attempts`, async () => {
        const seen = await message(id);
        return seen.status === status && seen.attempts.length === attempts && seen;
      }),
  };
}
