/** Whether it was registered with the upstream: `anonymous` ones are ours. */
export const ACCOUNT_KINDS = ['anonymous', 'registered'] as const;

/** Where the owner of an anonymous account can register it; null for a registered one, or while its user is unknown. */
export function registerUrl(account: { kind: string; user_id: string | null }, webUrl: string): string | null {
  if (account.kind !== 'anonymous' || account.user_id === null) return null;
  return `${webUrl}/register?bind=${encodeURIComponent(account.user_id)}`;
}
