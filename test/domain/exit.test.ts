import { expect, it } from 'vitest';
import { describeExit, succeeded, type Exit } from '../../src/domain/exit.ts';

it.each<[Exit, string, boolean]>([
  [{ kind: 'code', code: 0 }, 'exit 0', true],
  [{ kind: 'code', code: 137 }, 'exit 137', false],
  [{ kind: 'code', code: -1 }, 'exit -1', false],
  [{ kind: 'signal', signal: 'SIGKILL' }, 'killed by SIGKILL', false],
  [{ kind: 'timeout' }, 'timed out', false],
  [{ kind: 'cancelled' }, 'cancelled', false],
])('%o is told as "%s", and only exit 0 is a success', (exit, text, ok) => {
  expect(describeExit(exit)).toBe(text);
  expect(succeeded(exit)).toBe(ok);
});
