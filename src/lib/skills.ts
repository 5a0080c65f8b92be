import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

/** The skills that come with Reelay; sources and build output lie equally deep. */
const OWN_SKILLS = fileURLToPath(new URL('../../skills/', import.meta.url));

/** The skill of whoever names none: the official one, which takes everything. */
export const DEFAULT_SKILL = 'nemo-video';

const FRONTMATTER = z.object({
  name: z.string().min(1),
  version: z.coerce.string().min(1),
  formats: z.array(z.string().min(1)).min(1),
  max_bytes: z.number().int().positive(),
  defaults: z.record(z.string(), z.unknown()).default({}),
});

/** A skill as its SKILL.md describes it, with the platform that its upstream requests name. */
export type Skill = z.output<typeof FRONTMATTER> & { platform: string };

/** A SKILL.md that cannot be used; the message names the file and the field. */
export class SkillError extends Error {
  override readonly name = 'SkillError';
}

/**
 * Reads `<folder>/<name>/SKILL.md` of our own skills, then of `extraFolder`, whose skills win over ours of the same name.
 * @param source SKILL_SOURCE: the platform to name for all of them. Throws SkillError.
 */
export async function loadSkills(
  extraFolder: string | undefined,
  source: string | undefined,
): Promise<Map<string, Skill>> {
  const skills = new Map<string, Skill>();
  for (const folder of extraFolder === undefined ? [OWN_SKILLS] : [OWN_SKILLS, extraFolder]) {
    for (const skill of await readFolder(folder, source)) skills.set(skill.name, skill);
  }
  return skills;
}

async function readFolder(folder: string, source: string | undefined): Promise<Skill[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause) => {
    throw new SkillError(`${folder} cannot be read`, { cause });
  });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(names.map((name) => readSkill(join(folder, name, 'SKILL.md'), source)));
}

async function readSkill(file: string, source: string | undefined): Promise<Skill> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new SkillError(`${file} cannot be read`, { cause });
  });
  const frontmatter = /^---\r?\n([\s\S]*?)\r?\n---/.exec(text)?.[1];
  if (frontmatter === undefined) throw new SkillError(`${file} has no YAML frontmatter`);
  const parsed = FRONTMATTER.safeParse(parseYaml(frontmatter, file));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new SkillError(`${file}: ${issue?.path.join('.') || 'frontmatter'}: ${issue?.message}`);
  }
  return { ...parsed.data, platform: source ?? platformOf(file) };
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new SkillError(`${file}: the frontmatter is not YAML`, { cause });
  }
}

/** nemovideo-api.md, "Headers": the platform follows from where the skill is installed. */
function platformOf(file: string): string {
  if (/[\\/]\.clawhub[\\/]/.test(file)) return 'clawhub';
  if (/[\\/]\.cursor[\\/]skills[\\/]/.test(file)) return 'cursor';
  return 'unknown';
}
