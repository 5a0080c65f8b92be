import type { Wish } from './stories.ts';
import { type Submission, submitAll } from './submit.ts';
import type { World } from './world.ts';

/** Clients that submit at the same time. */
const CLIENTS = 20;

/** Videos of tenants with `perTenant` jobs each, all with the same story of the sandbox, or without one. */
export function plainWishes(count: number, perTenant: number, story = ''): Wish[] {
  return Array.from({ length: count }, (_, index) => ({
    n: `${index + 1}`,
    tenant: Math.floor(index / perTenant),
    follows: null,
    cancelAfterMs: null,
    body: { type: 'generate', prompt: `Make clip-${index + 1} of a busy harbour ${story}`.trim() },
  }));
}

/** One wish after the other, from many clients at once. */
export async function submitFromMany(to: World, wishes: readonly Wish[]): Promise<Submission[]> {
  const share = Math.ceil(wishes.length / CLIENTS);
  const shares = Array.from({ length: CLIENTS }, (_, index) => wishes.slice(index * share, (index + 1) * share));
  return (await Promise.all(shares.map((part) => submitAll(to, part, 0)))).flat();
}
