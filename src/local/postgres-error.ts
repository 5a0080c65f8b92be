/** Why the embedded Postgres is not to be had. */
export type PostgresErrorCode =
  | 'unsupported_platform'
  | 'package_missing'
  | 'libraries_missing'
  | 'binary_unusable'
  | 'no_unprivileged_user'
  | 'folder_unusable'
  | 'password_missing'
  | 'init_failed'
  | 'start_failed'
  | 'stopped'
  | 'still_running';

/** The embedded Postgres cannot be used. The message is one sentence for whoever runs it and says what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
  readonly code: PostgresErrorCode;

  constructor(code: PostgresErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
