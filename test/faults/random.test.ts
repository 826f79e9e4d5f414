import { describe, expect, it } from 'vitest';
import { killAtRandom } from './random.ts';

describe.skipIf(process.platform !== 'linux')('kill -9 of any process of a run at random moments', () => {
  // More of them run with `npm run test:faults`.
  it.each([
    { worker: 'ralph run', seed: 12 },
    { worker: 'supervisor', seed: 11 },
  ] as const)(
    'loses nothing, doubles nothing and ends in success ($worker)',
    async ({ worker, seed }) => {
      const { point, broken } = await killAtRandom({ worker, seed, kills: 3 });
      expect({ point, broken }).toEqual({ point, broken: [] });
    },
    600_000,
  );
});
