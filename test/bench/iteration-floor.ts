import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const env = {
  PATH: process.env['PATH'] ?? '',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Floor',
  GIT_AUTHOR_EMAIL: 'floor@localhost',
  GIT_COMMITTER_NAME: 'Floor',
  GIT_COMMITTER_EMAIL: 'floor@localhost',
  // What a run's own repository is written with.
  GIT_CONFIG_COUNT: '2',
  GIT_CONFIG_KEY_0: 'core.fsync',
  GIT_CONFIG_VALUE_0: 'committed',
  GIT_CONFIG_KEY_1: 'gc.auto',
  GIT_CONFIG_VALUE_1: '0',
};

const git = (cwd: string, args: readonly string[], input?: string | Buffer): Buffer => {
  const done = spawnSync('git', args, {
    cwd,
    env,
    maxBuffer: 64 * 2 ** 20,
    ...(input !== undefined && { input }),
  });
  if (done.status === 0) return done.stdout;
  throw new Error(`git ${args[0]}: ${done.stderr.toString()}`);
};
const id = (bytes: Buffer): string => bytes.toString().trim();

const stateFiles: readonly (readonly [string, number])[] = [
  ['guardrails.md', 400],
  ['progress.md', 400],
  ['notes.md', 100],
  ['run.json', 4000],
  ['prompt.md', 12_000],
  ['response.json', 600],
  ['actions.jsonl', 500],
  ['git_diff.patch', 400],
  ['test_output.txt', 100],
  ['metrics.json', 1200],
  ['pr_state.json', 300],
  ['done.json', 900],
  ['activity.log', 6000],
];

const stateCommit = (n: number, parent: string): string => {
  const files = stateFiles.map(([name, size]) => {
    const text = `${n} ${'x'.repeat(size)}`;
    return `M 100644 inline .ralph/iterations/${n}/${name}\ndata ${text.length}\n${text}\n`;
  });
  const who = `Floor <floor@localhost> ${1_700_000_000 + n} +0000`;
  const from = parent === '' ? '' : `from ${parent}\n`;
  return `commit refs/ralph/floor\nmark :1\ncommitter ${who}\ndata 2\nx\n${from}${files.join('')}\nget-mark :1\ndone\n`;
};

export interface Floor {
  /** Changes one file and does the git work of one iteration; milliseconds of it. */
  turn(): number;
}

/**
 * The git work that an iteration cannot do without, by bare git calls, one after the other, in a clone with its own
 * bare repository and remote: status, add, write-tree, commit-tree, update-ref, pack into the bare repository with
 * strict checks, diff, update-ref, state commit by fast-import, and one push each of branch and state ref.
 */
export const createFloor = (dir: string, source: string): Floor => {
  mkdirSync(dir, { recursive: true });
  const [clone, bare, remote] = ['clone', 'repo.git', 'remote.git'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  for (const target of [bare, remote])
    execFileSync('git', ['clone', '-q', '--bare', '--no-local', source, target]);
  execFileSync('git', ['clone', '-q', '--no-local', source, clone]);
  let head = id(git(clone, ['rev-parse', 'HEAD']));
  let state = '';
  let n = 0;
  return {
    turn: () => {
      n += 1;
      writeFileSync(join(clone, 'floor.txt'), `turn ${n}\n`);
      const started = performance.now();
      git(clone, ['status', '--porcelain', '-z', '--untracked-files=all']);
      git(clone, ['add', '-A']);
      const tree = id(git(clone, ['write-tree']));
      const next = id(git(clone, ['commit-tree', '-p', head, '-m', `turn ${n}`, tree]));
      git(clone, ['update-ref', 'refs/heads/floor', next]);
      const pack = git(clone, ['pack-objects', '--revs', '--thin', '--stdout', '-q'], `${next}\n^${head}\n`);
      git(bare, ['index-pack', '--stdin', '--fix-thin', '--strict'], pack);
      git(bare, ['diff-tree', '-r', '--raw', '--numstat', '-p', head, next]);
      git(bare, ['update-ref', 'refs/heads/floor', next]);
      state = id(git(bare, ['fast-import', '--quiet', '--done', '--date-format=raw'], stateCommit(n, state)));
      git(bare, ['push', '-q', remote, `${next}:refs/heads/floor`]);
      git(bare, ['push', '-q', remote, `${state}:refs/ralph/floor`]);
      head = next;
      return performance.now() - started;
    },
  };
};
