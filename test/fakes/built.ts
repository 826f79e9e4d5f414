import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const inputs = ['src/**/*', 'test/tools/build.ts', 'package.json'];

const newest = (): number => {
  const times = inputs
    .flatMap((pattern) => globSync(pattern, { cwd: root }))
    .map((path) => statSync(join(root, path)).mtimeMs);
  return Math.max(...times);
};

/** The bundle of the sources as they are now (its screen cannot run from source: Node reads no JSX); path of its main file. */
export const builtMain = (): string => {
  const dist = join(root, 'dist-test');
  const main = join(dist, 'main.js');
  if (existsSync(main) && statSync(main).mtimeMs > newest()) return main;
  const made = `dist-test-${process.pid}`;
  execFileSync(process.execPath, [join(root, 'test/tools/build.ts'), made], { stdio: 'pipe' });
  // Beside what was there: a program that runs from it still loads its chunks, whose names tell what is in them.
  cpSync(join(root, made), dist, { recursive: true });
  rmSync(join(root, made), { recursive: true, force: true });
  return main;
};
