import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RalphError } from '../../domain/error.ts';
import { succeeded } from '../../domain/exit.ts';
import { execBytes } from '../process.ts';
import { dataFolder } from './package-root.ts';

const identity = {
  GIT_AUTHOR_NAME: 'Ralph demo',
  GIT_AUTHOR_EMAIL: 'demo@localhost',
  GIT_COMMITTER_NAME: 'Ralph demo',
  GIT_COMMITTER_EMAIL: 'demo@localhost',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};

const git = async (dir: string, ...args: readonly string[]): Promise<void> => {
  const env = { PATH: process.env['PATH'], HOME: dir, ...identity };
  const result = await execBytes({ argv: ['git', '-C', dir, ...args], env });
  if (succeeded(result.exit)) return;
  throw new RalphError('git.failed', `git ${args[0]} failed: ${result.stderr.trim()}`, {
    hint: 'is git installed?',
  });
};

/** One repository with a bare remote, the task file in it, and profiles whose model says what a script says. */
const makePlace = async (
  dir: string,
  from: { readonly data: string; readonly name: string; readonly firstCommit: string },
) => {
  const checkout = join(dir, from.name);
  const remote = join(dir, `${from.name}.git`);
  cpSync(join(from.data, 'repo'), checkout, { recursive: true });
  // npm leaves .gitignore files out of a package, so this one is made here.
  writeFileSync(join(checkout, '.gitignore'), 'node_modules/\n');
  mkdirSync(remote);
  await git(remote, 'init', '-q', '--bare', '-b', 'main');
  await git(checkout, 'init', '-q', '-b', 'main');
  await git(checkout, 'add', '-A');
  await git(checkout, 'commit', '-q', '-m', from.firstCommit);
  await git(checkout, 'remote', 'add', 'origin', remote);
  await git(checkout, 'push', '-q', 'origin', 'main');
  const modelsFile = join(dir, `${from.name}.models.yaml`);
  writeFileSync(modelsFile, modelsYaml(join(from.data, 'script.yaml')));
  const task = readFileSync(join(from.data, 'ralph_task.md'), 'utf8');
  const taskText = task.replace(/^---\n/, `---\nrepo_url: ${JSON.stringify(remote)}\n`);
  writeFileSync(join(checkout, 'ralph_task.md'), taskText);
  return { dir, checkout, remote, taskText, modelsFile };
};

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'ralph-demo-'));

/** Puts the demo's small repository, with a bare remote, into a new folder of the temporary directory. */
export const makeDemo = () =>
  makePlace(newFolder(), {
    data: dataFolder('demo'),
    name: 'greeting',
    firstCommit: 'A greeting library whose tests fail',
  });

const fleet = [
  ['invoices', 'Invoices without tax'],
  ['retry', 'Retry, whatever the deadline'],
  ['csv', 'A CSV parser that takes its time'],
] as const;

/** The same for each run of the demo's fleet, in one new folder. */
export const makeDemoFleet = async () => {
  const dir = newFolder();
  return Promise.all(
    fleet.map(([name, firstCommit]) =>
      makePlace(dir, { data: join(dataFolder('demo'), 'fleet', name), name, firstCommit }),
    ),
  );
};

const modelsYaml = (script: string): string =>
  `profiles:\n${['demo', 'demo-strong'].map((name) => `  ${name}:\n    litellm_model: ${JSON.stringify(`scripted/${script}`)}\n`).join('')}`;
