import { devNull } from 'node:os';
import { RalphError } from '../../../domain/error.ts';
import { createProcessLimit, SHORT_PROCESSES } from '../../process-limit.ts';
import { execBytes, type BytesRequest, type BytesResult } from '../../process.ts';
import { gitFailure } from './failure.ts';

const LOCAL_TIMEOUT_MS = 10 * 60_000;
/** Larger blobs are never loaded, only streamed, and count as binary. */
const BIG_FILE = '32m';

export type ConfigPairs = readonly (readonly [key: string, value: string])[];
export type GitEnv = Readonly<Record<string, string>>;
export type GitOptions = Omit<BytesRequest, 'argv' | 'env' | 'cwd'> & { readonly env?: GitEnv };

/** git on the run's own repository: the user's and the system's configuration have no say in it. */
export interface LocalGit {
  readonly dir: string;
  /** Never throws for a failing git: the exit is in the result. */
  run(args: readonly string[], options?: GitOptions): Promise<BytesResult>;
  /** As `run`, but a failure is thrown as RalphError `git.failed`. */
  must(args: readonly string[], options?: GitOptions): Promise<BytesResult>;
}

/** The environment without any `GIT_*` but those named in `keep`. */
export const withoutGit = (env: GitEnv, keep: readonly string[] = []): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.toUpperCase().startsWith('GIT_') || keep.includes(name)),
  );

/** Configuration by environment: it is in no argv and on no disk, and outranks every file. */
export const configEnv = (pairs: ConfigPairs): Record<string, string> => {
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(pairs.length) };
  pairs.forEach(([key, value], index) => {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  return env;
};

/** What every git of ours is started with, whatever the user's configuration says. */
export const fixedEnv = (dir: string): Record<string, string> => ({
  // An explicit folder also keeps git from its ownership check, which is about found repositories.
  GIT_DIR: dir,
  GIT_TERMINAL_PROMPT: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_ATTR_NOSYSTEM: '1',
  LC_ALL: 'C',
});

export const fixedConfig: ConfigPairs = [
  ['core.hooksPath', devNull],
  ['core.fsmonitor', 'false'],
  ['core.attributesFile', devNull],
  ['core.bigFileThreshold', BIG_FILE],
  // With the index of a pack: without it a ref points at nothing after a power cut.
  ['core.fsync', 'committed,pack-metadata'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['protocol.ext.allow', 'never'],
];

/**
 * One queue for the repositories of all runs. A git in it may wait for a process of the sandbox that feeds it; nothing
 * in the sandbox's queue ever waits for one here.
 */
const queued = createProcessLimit(SHORT_PROCESSES);

/** git on the bare repository in `dir`, with trusted configuration only. */
export const createLocalGit = (dir: string, base: GitEnv): LocalGit => {
  const env = {
    ...withoutGit(base),
    ...fixedEnv(dir),
    ...configEnv(fixedConfig),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: devNull,
  };
  const run: LocalGit['run'] = (args, options = {}) =>
    queued(() =>
      execBytes({
        timeoutMs: LOCAL_TIMEOUT_MS,
        ...options,
        argv: ['git', ...args],
        env: { ...env, ...options.env },
      }),
    );
  return {
    dir,
    run,
    must: async (args, options) => {
      const result = await run(args, options);
      if (!succeeded(result)) throw gitFailure(result, `git ${args[0] ?? ''}`);
      return result;
    },
  };
};

/** True only for a process that ended by itself with code 0. */
export const succeeded = ({ exit }: BytesResult): boolean => exit.kind === 'code' && exit.code === 0;

const OBJECT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The value, if it is a full object id: nothing else may become an argument of git. Throws `git.failed`. */
export const objectId = (value: string): string => {
  if (OBJECT_ID.test(value)) return value;
  throw new RalphError('git.failed', `not an object id: ${JSON.stringify(value.slice(0, 80))}`);
};

/** The value, if it is a full ref name that git takes. Throws `git.failed`. */
export const fullRef = (value: string): string => {
  // oxlint-disable-next-line no-control-regex -- these are what git forbids in a ref.
  const bad = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.$|\/$|\.lock(?:\/|$)/;
  if (value.startsWith('refs/') && value.length <= 1024 && !bad.test(value)) return value;
  throw new RalphError('git.failed', `not a valid ref name: ${JSON.stringify(value.slice(0, 80))}`, {
    hint: 'Use a name such as ralph/task-001/fix, without spaces and special characters.',
  });
};
