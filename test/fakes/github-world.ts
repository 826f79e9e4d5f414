import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import type { Entry } from '../../src/domain/event.ts';
import { startGithub, type GithubServer } from './github-server.ts';
import { makeWorld, taskFile, type World } from './world.ts';

export const TOKEN = 'ghp_0123456789abcdefghijABCDEFGHIJ';

export interface GithubWorld {
  readonly root: string;
  readonly github: GithubServer;
  readonly world: World;
  /** A run on `acme/widget`; `pr` are lines of the task file's `pr:`. */
  makeRun(pr?: readonly string[], front?: Readonly<Record<string, string>>): Promise<string>;
  /** Somebody else's pull request with these files; its number. */
  propose(branch: string, files: Readonly<Record<string, string>>): number;
  taskText(pr?: readonly string[], front?: Readonly<Record<string, string>>): string;
}

/** A place to run in whose repository is on a GitHub of its own. */
export const makeGithubWorld = async (
  test: Pick<TestContext, 'onTestFinished'>,
  options: {
    readonly script: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly files?: Readonly<Record<string, string>>;
  },
): Promise<GithubWorld> => {
  const root = mkdtempSync(join(tmpdir(), 'ralph-github-'));
  const github = await startGithub({ root, owner: 'acme', name: 'widget', tokens: [TOKEN] });
  const env = {
    ...github.env,
    GITHUB_PAT: TOKEN,
    RALPH_CHECKS_POLL_S: '0.1',
    ...options.env,
  };
  const { script, files } = options;
  const world = await makeWorld({ script, env, ...(files && { files }) });
  mkdirSync(join(root, 'acme'));
  world.git(root, 'clone', '-q', '--bare', world.remote, 'acme/widget.git');
  test.onTestFinished(async () => {
    await world.cli(['supervisor', 'stop']);
    await github.close();
    world.destroy();
    rmSync(root, { recursive: true, force: true });
    if (github.violations.length > 0) throw new Error(github.violations.join('\n'));
  });
  const taskText: GithubWorld['taskText'] = (pr = [], front = {}) => {
    const lines = ['pr:', '  labels: ["ralph"]', ...pr.map((line) => `  ${line}`)];
    const task = taskFile({ test: 'grep -q good file.txt || test -e gone', extra: lines.join('\n') });
    const all = { repo_url: github.repoUrl, ...front };
    return Object.entries(all).reduce((text, [key, value]) => {
      const old = new RegExp(`^${key}: .*$`, 'm');
      return old.test(text)
        ? text.replace(old, `${key}: ${value}`)
        : text.replace(/^---\n/, `---\n${key}: ${value}\n`);
    }, task);
  };
  const propose: GithubWorld['propose'] = (branch, changed) => {
    const clone = join(root, 'clone-to-propose');
    world.git(root, 'clone', '-q', '-b', 'main', github.bare, clone);
    world.git(clone, 'checkout', '-q', '-b', branch);
    for (const [path, text] of Object.entries(changed)) writeFileSync(join(clone, path), text);
    world.git(clone, 'add', '-A');
    world.git(clone, 'commit', '-q', '-m', 'by somebody else');
    world.git(clone, 'push', '-q', 'origin', branch);
    rmSync(clone, { recursive: true });
    const number = github.pulls.length + 1;
    github.pulls.push({
      number,
      title: branch,
      body: '',
      head: branch,
      from: 'acme',
      base: 'main',
      draft: false,
      state: 'open',
      merged: false,
      labels: [],
      comments: [],
    });
    return number;
  };
  return {
    root,
    github,
    world,
    taskText,
    propose,
    makeRun: async (pr, front) => {
      const engine = await world.app.engine();
      const request = { taskText: taskText(pr, front), folder: world.repo, backend: 'local' } as const;
      return (await engine.createRun(request)).id;
    },
  };
};

/** A supervisor in this process until it holds, which it has to within 40 s. */
export const supervise = async (
  { world }: Pick<GithubWorld, 'world'>,
  holds: () => boolean,
): Promise<void> => {
  const engine = await world.app.engine();
  const stop = new AbortController();
  const options = { concurrency: 1, idleMs: Number.POSITIVE_INFINITY, log: () => {} };
  const supervising = engine.supervise({ ...options, signal: stop.signal });
  for (let i = 0; i < 400 && !holds(); i += 1) await world.app.sleep(100);
  stop.abort();
  await supervising;
  if (!holds()) throw new Error('the supervisor did not bring it about');
};

/** Acts at the first entry of a type, or at the first for which `when` holds. */
export const atFirst = <T extends Entry['type']>(
  type: T,
  act: (entry: Extract<Entry, { type: T }>) => void,
  when: (entry: Extract<Entry, { type: T }>) => boolean = () => true,
) => {
  let done = false;
  return (entry: Entry): void => {
    const found = entry.type === type ? (entry as Extract<Entry, { type: T }>) : undefined;
    if (done || !found || !when(found)) return;
    done = true;
    act(found);
  };
};
export const statusesOf = (entries: readonly Entry[]): readonly string[] =>
  entries.flatMap((e) => (e.type === 'run.status' ? [e.status] : []));
