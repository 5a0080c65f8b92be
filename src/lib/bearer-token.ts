/** The token of an `Authorization: Bearer …` header (RFC 6750, 2.1); null where there is none. */
export function bearerToken(authorization: string | undefined): string | null {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? null;
}
