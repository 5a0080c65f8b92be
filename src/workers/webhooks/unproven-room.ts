/** Messages that a process holds for lanes that are not known to be quick (new, slow, silent): the quick have the rest. */
const MAX_UNPROVEN = 500;
/** Of these, for the lanes of one tenant, which may be thousands: as many as it may have endpoints. */
export const MAX_UNPROVEN_OF_TENANT = 100;

/** How many more there may be: of all tenants, and of each that has some. Below 0 where quick lanes became slow. */
export type UnprovenRoom = { left: number; readonly tenants: Map<string, number> };

type Holder = { isQuick: boolean; tenantId: string; underWay: number; waiting: readonly unknown[] };

/** What these lanes leave. */
export function unprovenRoom(lanes: Iterable<Holder>): UnprovenRoom {
  const room: UnprovenRoom = { left: MAX_UNPROVEN, tenants: new Map() };
  for (const { isQuick, tenantId, underWay, waiting } of lanes) {
    if (!isQuick) takeUnproven(room, tenantId, underWay + waiting.length);
  }
  return room;
}

/** Takes places for so many messages of the tenant. @returns whether none is left, of all or of those of the tenant. */
export function takeUnproven(room: UnprovenRoom, tenantId: string, count: number): boolean {
  const ofTenant = (room.tenants.get(tenantId) ?? MAX_UNPROVEN_OF_TENANT) - count;
  room.tenants.set(tenantId, ofTenant);
  room.left -= count;
  return room.left <= 0 || ofTenant <= 0;
}
