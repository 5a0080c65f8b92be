import type { RenderShape } from './renders.ts';

export type DialectName = 'adk' | 'typed';

export type Options = {
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
  renderShape: RenderShape;
  /** Anonymous tokens per IP address within the life of one. */
  ipTokenCap: number;
  /** In ms, of real time. nemovideo-api.md: 7 days. */
  tokenLifeMs: number;
  /** Per uploaded file. */
  maxUploadBytes: number;
  /** Logs requests to stdout. */
  logger: boolean;
};

export const DEFAULTS: Options = {
  speed: 1,
  credits: 100,
  dialect: 'adk',
  streaming: false,
  registeredTokens: [],
  renderShape: 'docs',
  ipTokenCap: 10,
  tokenLifeMs: 7 * 24 * 3_600_000,
  maxUploadBytes: 500_000_000,
  logger: false,
};
