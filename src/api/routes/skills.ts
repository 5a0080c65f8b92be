import type { FastifyPluginAsync } from 'fastify';
import type { ApiDeps } from '../deps.ts';

/** The skills that jobs and sessions may name; few, so there is one page of them, by name. */
export const skillRoutes: FastifyPluginAsync<ApiDeps> = async (app, { skills }) => {
  const data = [...skills.values()]
    .map(({ name, version, formats, max_bytes, defaults }) => {
      return { object: 'skill', name, version, formats, max_bytes, defaults };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
  app.get('/skills', async () => ({ object: 'list', data, has_more: false }));
};
