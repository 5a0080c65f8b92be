import { z } from 'zod';
import { oneOf } from './answer.ts';

export const Health = z
  .object({ status: oneOf('ok').describe('Always `ok`: what is not well is no 200.') })
  .meta({ id: 'Health', description: 'The process is well.' });
