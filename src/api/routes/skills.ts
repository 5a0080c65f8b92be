import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ApiDeps } from '../deps.ts';
import { SkillList } from '../schemas/skills.ts';

const docs = {
  operationId: 'listSkills',
  tags: ['Skills'],
  summary: 'List the skills',
  description: 'All of them, by name.',
  response: { 200: SkillList },
};

/** The skills that jobs and sessions may name; few, so there is one page of them, by name. */
export const skillRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, { skills }) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();
  const data = [...skills.values()]
    .map(({ name, version, formats, max_bytes, defaults }) => {
      return { object: 'skill' as const, name, version, formats, max_bytes, defaults };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
  app.get('/skills', { schema: docs }, async () => ({ object: 'list' as const, data, has_more: false }));
};
