import { z } from 'zod';
import { listOf } from './answer.ts';

const Skill = z
  .object({
    object: z.literal('skill').describe('Always `skill`.'),
    name: z.string().describe('What jobs and sessions call it.'),
    version: z.string().describe('The version that NemoVideo is told.'),
    formats: z.array(z.string()).describe('The files it takes.'),
    max_bytes: z.int().describe('The largest file it takes.'),
    defaults: z.record(z.string(), z.unknown()).describe('What it does unless it is told otherwise.'),
  })
  .meta({ id: 'Skill', description: 'A way of working that jobs and sessions may name.' });

export const SkillList = listOf('SkillList', Skill, 'By name.');
