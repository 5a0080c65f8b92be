import { z } from 'zod';

/** Body of `PUT /__sandbox/fault`. */
export const FaultBody = z
  .strictObject({
    /** `METHOD /path`, or how that begins. */
    route: z.string().regex(/^[A-Z]+ \//, 'METHOD /path'),
    times: z.int().positive(),
    status: z.int().min(200).max(599).optional(),
    /** `code` of the envelope. */
    code: z.int().optional(),
    body: z.string().optional(),
    /** In ms of real time. */
    delay_ms: z.int().nonnegative().optional(),
    /** The header `Retry-After` of the answer. */
    retry_after: z.string().optional(),
    /** The connection is reset without an answer. */
    reset: z.boolean().optional(),
  })
  .refine((fault) => Object.keys(fault).length > 2, 'one of status, code, body, delay_ms, reset is needed');
export type Fault = z.output<typeof FaultBody>;

export type Faults = ReturnType<typeof createFaults>;

/** What goes wrong with the next calls, by route. */
export function createFaults() {
  const faults: { fault: Fault; left: number }[] = [];
  return {
    add(fault: Fault): void {
      faults.push({ fault, left: fault.times });
    },
    /** The fault for one call of a route, the one set first; null: none. */
    take(route: string): Fault | null {
      const found = faults.find(({ fault, left }) => left > 0 && route.startsWith(fault.route));
      if (!found) return null;
      found.left -= 1;
      return found.fault;
    },
  };
}
