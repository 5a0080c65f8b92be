export type DialectName = 'adk' | 'typed';

export type SandboxOptions = {
  /** 1: the pace of the real service; 100: a hundred times faster. All simulated delays divide by it. */
  speed: number;
  /** What a new user has. */
  credits: number;
  /** How `/run_sse` speaks (nemovideo-api.md, "Two event dialects"). */
  dialect: DialectName;
  /** ADK texts come as partial chunks first, then whole. */
  streaming: boolean;
  /** Tokens of registered users, of whatever form. */
  registeredTokens: readonly string[];
  /** Anonymous tokens per IP address within the life of one. */
  ipTokenCap: number;
  /** Per uploaded file, in bytes. */
  maxUploadBytes: number;
};

export const DEFAULTS: SandboxOptions = {
  speed: 1,
  credits: 100,
  dialect: 'adk',
  streaming: false,
  registeredTokens: [],
  ipTokenCap: 10,
  maxUploadBytes: 500_000_000,
};
