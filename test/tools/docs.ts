import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withCommandTable } from '../../src/cli/docs.ts';
import { withCompletion } from '../../src/cli/main-cli.ts';
import { commands } from '../../src/commands/registry.ts';

const readme = fileURLToPath(new URL('../../README.md', import.meta.url));
const isCheck = process.argv.includes('--check');

if (!existsSync(readme)) {
  process.stderr.write('README.md is missing\n');
  process.exitCode = 1;
} else {
  const before = readFileSync(readme, 'utf8');
  const after = withCommandTable(
    before,
    withCompletion(commands, () => []),
  );
  if (before === after) process.stdout.write('README.md: the command table is fresh\n');
  else if (isCheck) {
    process.stderr.write('README.md: the command table is stale; run npm run docs\n');
    process.exitCode = 1;
  } else {
    writeFileSync(readme, after);
    process.stdout.write('README.md: the command table was written\n');
  }
}
