import { text } from 'node:stream/consumers';
import { assetFault, urlAssetFault } from '../lib/domain/asset-rules.ts';
import { type AssetRef, assetsOf } from '../lib/domain/job.ts';
import { hasAtMost } from '../lib/domain/text-length.ts';
import type { Fault } from '../lib/errors.ts';
import { isId } from '../lib/ids.ts';
import type { Skill } from '../lib/skills.ts';
import type { ApiDeps } from './deps.ts';
import { MAX_PROMPT, type SubmitJob } from './schemas/jobs.ts';

/** No text of MAX_PROMPT characters is longer in UTF-8, byte order mark included. In bytes. */
const MAX_TEXT_BYTES = 4 * MAX_PROMPT + 3;

export type Asset = { id: string; kind: string; format: string; bytes: number; store_key: string };

/**
 * Checks the files that a job names, before anything is stored: they must be the tenant's and fit the skill. The text
 * of a TXT asset becomes the prompt; where there is a prompt as well, it follows after an empty line.
 * @returns all faults, and the prompt ('' for a job without one).
 */
export async function readAssets(
  deps: Pick<ApiDeps, 'db' | 'store'>,
  tenantId: string,
  skill: Skill,
  body: SubmitJob,
  assets?: ReadonlyMap<string, Asset>,
): Promise<{ faults: Fault[]; prompt: string }> {
  if (body.type === 'export') return { faults: [], prompt: '' };
  // As most do: nothing is left to be asked.
  if (body.type === 'generate' && body.assets.length === 0 && body.prompt !== undefined)
    return { faults: [], prompt: body.prompt };
  const known = assets ?? (await findAssets(deps.db, tenantId, assetsOf(body)));
  const faults: Fault[] = [];
  const texts: { asset: Asset; pointer: string }[] = [];
  for (const [index, ref] of body.assets.entries()) {
    if ('url' in ref) {
      const detail = urlAssetFault(skill, ref.url);
      if (detail) faults.push({ pointer: `/assets/${index}/url`, detail });
      continue;
    }
    const pointer = `/assets/${index}/asset_id`;
    const asset = known.get(ref.asset_id);
    const detail = asset ? assetFault(skill, asset) : 'There is no such asset.';
    if (detail) faults.push({ pointer, detail });
    else if (asset?.kind === 'text' && !texts.some((text) => text.asset === asset)) texts.push({ asset, pointer });
  }
  if (body.type === 'upload') {
    const detail = 'A text becomes the prompt of a generate job; it is not uploaded.';
    return { faults: [...faults, ...texts.map(({ pointer }) => ({ pointer, detail }))], prompt: '' };
  }
  const { prompt, fault } = await composePrompt(deps.store, body.prompt, texts);
  // A text that cannot be used is a fault already, and not a missing prompt as well.
  if (fault && !(fault.pointer === '/prompt' && faults.length > 0)) faults.push(fault);
  return { faults, prompt };
}

/** The tenant's assets of those that are named. */
export async function findAssets(
  db: ApiDeps['db'],
  tenantId: string,
  refs: readonly AssetRef[],
): Promise<Map<string, Asset>> {
  const ids = [...new Set(refs.flatMap((ref) => ('asset_id' in ref && isId(ref.asset_id, 'ast') ? ref.asset_id : [])))];
  if (ids.length === 0) return new Map();
  const where = { id: { in: ids }, tenant_id: tenantId, deleted_at: null };
  const rows = await db.prisma.asset.findMany({ where });
  return new Map(rows.map((row) => [row.id, row]));
}

async function composePrompt(
  store: ApiDeps['store'],
  prompt: string | undefined,
  texts: readonly { asset: Asset; pointer: string }[],
): Promise<{ prompt: string; fault?: Fault }> {
  const [first, second] = texts;
  if (second) return { prompt: '', fault: { pointer: second.pointer, detail: 'Only one text can bring the prompt.' } };
  if (!first) {
    if (prompt !== undefined) return { prompt };
    return { prompt: '', fault: { pointer: '/prompt', detail: 'Must say something, or come as a text asset.' } };
  }
  const { asset, pointer } = first;
  const tooLong = {
    prompt: '',
    fault: { pointer, detail: `With it the prompt has more than ${MAX_PROMPT} characters.` },
  };
  if (asset.bytes > MAX_TEXT_BYTES) return tooLong;
  const words = (await text(await store.open(asset.store_key))).replace(/^\uFEFF/, '').trim();
  if (words === '') return { prompt: '', fault: { pointer, detail: 'The text says nothing.' } };
  const whole = prompt === undefined ? words : `${prompt}\n\n${words}`;
  return hasAtMost(whole, MAX_PROMPT) ? { prompt: whole } : tooLong;
}
