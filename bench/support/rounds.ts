import { SHORT } from './settings.ts';

/** A void round is run again; three in a row void the benchmark. */
const ATTEMPTS = 3;

/** A round that says nothing: the machine was too busy for its generator, or its books do not balance. */
export class Void extends Error {
  override readonly name = 'Void';
}

/**
 * Runs sides in turns, so that whatever else the machine does meets all of them; the first round only warms up. The
 * short form has no warm-up, nor have sides that warm up by themselves. @returns what each side gave, round by round.
 */
export async function takeTurns<Measured, Side extends string>(
  rounds: number,
  sides: Readonly<Record<Side, () => Promise<Measured>>>,
  options: { warmsUp: boolean } = { warmsUp: !SHORT },
): Promise<Record<Side, Measured>[]> {
  const taken: Record<Side, Measured>[] = [];
  for (let round = options.warmsUp ? 0 : 1; round <= rounds; round += 1) {
    const measured: Partial<Record<Side, Measured>> = {};
    for (const side of Object.keys(sides) as Side[]) measured[side] = await valid(sides[side]);
    if (round > 0) taken.push(measured as Record<Side, Measured>);
  }
  return taken;
}

/** Baseline and subject in turns, one number each; `ratio`: that of each round by itself. */
export async function inTurns(rounds: number, baseline: () => Promise<number>, subject: () => Promise<number>) {
  const taken = await takeTurns(rounds, { baseline, subject });
  return {
    baseline: taken.map((round) => round.baseline),
    subject: taken.map((round) => round.subject),
    ratio: taken.map((round) => round.subject / round.baseline),
  };
}

async function valid<Measured>(round: () => Promise<Measured>, attempts = ATTEMPTS): Promise<Measured> {
  try {
    return await round();
  } catch (error) {
    if (!(error instanceof Void) || attempts === 1) throw error;
    return valid(round, attempts - 1);
  }
}
