import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { builtMain } from '../fakes/built.ts';

it('writes down the help that the program would make', () => {
  const built = builtMain();
  expect(existsSync(join(dirname(built), 'help.txt'))).toBe(true);
  const source = join(import.meta.dirname, '../../src/main.ts');
  const [written, made] = [built, source].map((main) =>
    execFileSync(process.execPath, [main, '--help'], { encoding: 'utf8' }),
  );
  expect(written).toBe(made);
});
