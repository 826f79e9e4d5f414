import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RalphError } from '../../../domain/error.ts';
import { nearestWord } from '../../../domain/nearest.ts';
import { singleLine } from '../../../domain/terminal.ts';
import type { PushOutcome, Remote, RunRepo } from '../../../ports/run-repo.ts';
import { createProcessLimit, SHORT_PROCESSES } from '../../process-limit.ts';
import { execBytes, type BytesResult } from '../../process.ts';
import { resolveAddress, type AuthFor } from './address.ts';
import {
  configEnv,
  fixedConfig,
  fixedEnv,
  fullRef,
  objectId,
  succeeded,
  withoutGit,
  type GitEnv,
} from './command.ts';
import { failureKind, gitFailure, withoutSecrets, type FailureKind } from './failure.ts';

const TRANSFER_TIMEOUT_MS = 30 * 60_000;
const ASK_TIMEOUT_MS = 2 * 60_000;
const MAX_REFS_BYTES = 32 * 1024 * 1024;

// The user's ways to reach the remote; everything else named GIT_* could point us at another repository.
const KEPT = [
  'GIT_SSH',
  'GIT_SSH_COMMAND',
  'GIT_SSH_VARIANT',
  'GIT_ASKPASS',
  'GIT_SSL_CAINFO',
  'GIT_SSL_CAPATH',
  'GIT_PROXY_SSL_CAINFO',
  'GIT_CONFIG_GLOBAL',
  'GIT_CONFIG_SYSTEM',
  'GIT_CONFIG_NOSYSTEM',
];

const remoteConfig = [
  ...fixedConfig,
  ['fetch.recurseSubmodules', 'false'],
  ['fetch.prune', 'false'],
  ['fetch.writeCommitGraph', 'false'],
  ['push.followTags', 'false'],
  ['push.gpgSign', 'false'],
  ['push.recurseSubmodules', 'no'],
] as const;

// A queue of their own, and longer: they mostly wait for the network.
const queued = createProcessLimit(2 * SHORT_PROCESSES);

export type RemoteGit = Pick<RunRepo, 'fetchBase' | 'fetchRef' | 'remoteBranches' | 'push'>;

interface Call {
  readonly remote: Remote;
  /** Options first, then the remote's address is put in, then `rest`. */
  readonly args: readonly string[];
  readonly rest: readonly string[];
  readonly timeoutMs: number;
}
type Talk = (call: Call) => Promise<BytesResult>;

/** git towards remotes: the user's own configuration (credential helpers, proxies) holds, our guards outrank it. */
export const createRemoteGit = (options: {
  readonly dir: string;
  readonly env: GitEnv;
  readonly auth?: AuthFor | undefined;
}): RemoteGit => {
  const env = { ...withoutGit(options.env, KEPT), ...fixedEnv(options.dir) };
  const ask = async ({ remote, args, rest, timeoutMs }: Call, renew: boolean) => {
    const { url, config, renewable } = await resolveAddress(remote.url, options.auth, { renew });
    const result = await queued(() =>
      execBytes({
        argv: ['git', ...args, '--', url, ...rest],
        env: { ...env, ...configEnv([...remoteConfig, ...config]) },
        timeoutMs,
        maxBytes: MAX_REFS_BYTES,
      }),
    );
    return { result, refused: renewable && !succeeded(result) && failureKind(result) === 'auth' };
  };
  const talk: Talk = async (call) => {
    const first = await ask(call, false);
    // A token that ran out or was taken back: nothing was done yet, and a new one may do.
    return first.refused ? (await ask(call, true)).result : first.result;
  };
  return {
    fetchBase: (remote, branch) => fetchBase({ talk, dir: options.dir }, remote, branch),
    fetchRef: async (remote, ref) => {
      const result = await fetchInto(talk, remote, fullRef(ref));
      if (succeeded(result)) return fetchHead(options.dir, remote);
      if (failureKind(result) === 'no-ref') return undefined;
      throw gitFailure(result, `fetch ${ref} from ${remote.url}`);
    },
    remoteBranches: async (remote, prefix) => {
      const { refs } = await lsRemote(talk, remote, [`refs/heads/${prefix}*`]);
      return [...refs.keys()]
        .filter((ref) => ref.startsWith(`refs/heads/${prefix}`))
        .map((ref) => ref.slice('refs/heads/'.length));
    },
    push: (remote, what) => push(talk, remote, what),
  };
};

const fetchInto = (talk: Talk, remote: Remote, spec: string): Promise<BytesResult> =>
  talk({
    remote,
    args: ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-auto-maintenance', '--force'],
    rest: [spec],
    timeoutMs: TRANSFER_TIMEOUT_MS,
  });

const fetchHead = async (dir: string, remote: Remote): Promise<string> => {
  const text = await readFile(join(dir, 'FETCH_HEAD'), 'utf8').catch(() => '');
  // A shallow source is refused with a warning only, and nothing is fetched.
  if (text.trim() !== '') return objectId(text.split(/\s/, 1)[0] ?? '');
  throw new RalphError(
    'git.failed',
    `nothing could be fetched from ${shown(remote)}: is it a shallow clone?`,
    {
      hint: 'Run `git fetch --unshallow` there first, or use its remote as repo_url.',
    },
  );
};

interface RemoteRefs {
  readonly refs: ReadonlyMap<string, string>;
  /** What HEAD points at; undefined where it is detached or not told. */
  readonly head: string | undefined;
}

const lsRemote = async (talk: Talk, remote: Remote, patterns: readonly string[]): Promise<RemoteRefs> => {
  const result = await talk({
    remote,
    args: ['ls-remote', '--quiet', '--symref'],
    rest: patterns,
    timeoutMs: ASK_TIMEOUT_MS,
  });
  if (!succeeded(result)) throw gitFailure(result, `ask ${remote.url}`);
  const refs = new Map<string, string>();
  let head: string | undefined;
  for (const line of result.stdout.toString('utf8').split('\n')) {
    const [left = '', name] = line.split('\t');
    if (name === undefined) continue;
    if (!left.startsWith('ref: ')) refs.set(name, left);
    else if (name === 'HEAD') head = left.slice('ref: '.length);
  }
  return { refs, head };
};

const HEADS = 'refs/heads/';

const fetchBase = async (
  { talk, dir }: { readonly talk: Talk; readonly dir: string },
  remote: Remote,
  wanted: string | undefined,
): Promise<{ readonly branch: string; readonly sha: string }> => {
  const branch = wanted ?? (await defaultBranch(talk, remote));
  const ref = fullRef(`${HEADS}${branch}`);
  const result = await fetchInto(talk, remote, `+${ref}:refs/remotes/base/${branch}`);
  if (succeeded(result)) return { branch, sha: await fetchHead(dir, remote) };
  if (failureKind(result) === 'no-ref') throw await noSuchBranch(talk, remote, branch);
  throw gitFailure(result, `fetch ${branch} from ${remote.url}`);
};

const defaultBranch = async (talk: Talk, remote: Remote): Promise<string> => {
  const { refs, head } = await lsRemote(talk, remote, ['HEAD', `${HEADS}*`]);
  if (head?.startsWith(HEADS) && refs.has(head)) return head.slice(HEADS.length);
  const names = branchNames(refs);
  if (names.length === 0) throw emptyRepository(remote);
  throw new RalphError(
    'git.failed',
    `${shown(remote)} has no default branch (its HEAD is detached or unborn)`,
    {
      hint: `Set base_branch in the task file; there is: ${listed(names)}.`,
    },
  );
};

const noSuchBranch = async (talk: Talk, remote: Remote, branch: string): Promise<RalphError> => {
  const names = branchNames((await lsRemote(talk, remote, [`${HEADS}*`])).refs);
  if (names.length === 0) return emptyRepository(remote);
  const near = nearestWord(branch, names.slice(0, 5000));
  return new RalphError('git.failed', `${shown(remote)} has no branch ${singleLine(branch, 200)}`, {
    hint:
      near === undefined
        ? `There is: ${listed(names)}.`
        : `Did you mean ${singleLine(near, 200)}? Set base_branch.`,
  });
};

const emptyRepository = (remote: Remote): RalphError =>
  new RalphError('git.failed', `${shown(remote)} is an empty repository`, {
    hint: 'Commit something and push it first: a run needs a commit to start from.',
  });

const shown = (remote: Remote): string => singleLine(withoutSecrets(remote.url), 300);
const branchNames = (refs: ReadonlyMap<string, string>): string[] =>
  [...refs.keys()].filter((ref) => ref.startsWith(HEADS)).map((ref) => ref.slice(HEADS.length));
const listed = (names: readonly string[]): string =>
  singleLine(names.slice(0, 8).join(', '), 300) + (names.length > 8 ? ', …' : '');

const RETRYABLE: ReadonlySet<FailureKind> = new Set(['network', 'timeout', 'busy', 'disk']);

const isRefused = (kind: FailureKind, remote: Remote): boolean =>
  kind === 'auth' && /^https?:/i.test(remote.url);

const push = async (
  talk: Talk,
  remote: Remote,
  what: { readonly sha: string; readonly ref: string; readonly expect: string | undefined },
): Promise<PushOutcome> => {
  const ref = fullRef(what.ref);
  const sha = objectId(what.sha);
  const expect = what.expect === undefined ? '' : objectId(what.expect);
  const result = await talk({
    remote,
    args: ['push', '--porcelain', '--no-verify', `--force-with-lease=${ref}:${expect}`],
    rest: [`${sha}:${ref}`],
    timeoutMs: TRANSFER_TIMEOUT_MS,
  });
  if (succeeded(result)) return { kind: 'pushed' };
  const kind = failureKind(result);
  if (kind === 'cancelled' || kind === 'no-git') throw gitFailure(result, `push to ${remote.url}`);
  const refused = rejection(result.stdout.toString('utf8'));
  const failed: PushOutcome = {
    kind: 'failed',
    detail:
      refused === undefined
        ? gitFailure(result, `push ${ref}`).message
        : `push ${ref}: ${refused.why}${remoteSaid(result.stderr)}`,
    retryable: refused === undefined ? RETRYABLE.has(kind) : refused.retryable,
    ...(isRefused(kind, remote) && { refused: true }),
  };
  // Where the remote refused us before any ref moved, there is nothing to find out.
  if (kind === 'auth' || kind === 'not-found' || kind === 'ownership' || kind === 'moved-url') return failed;
  return settled(talk, { remote, ref, sha, expect: what.expect, failed });
};

/** The answer was no, or got lost: only the remote itself knows where its branch stands. */
const settled = async (
  talk: Talk,
  asked: {
    readonly remote: Remote;
    readonly ref: string;
    readonly sha: string;
    readonly expect: string | undefined;
    readonly failed: PushOutcome;
  },
): Promise<PushOutcome> => {
  let at: string | undefined;
  try {
    at = (await lsRemote(talk, asked.remote, [asked.ref])).refs.get(asked.ref);
  } catch {
    return asked.failed;
  }
  if (at === asked.sha) return { kind: 'pushed' };
  return at === asked.expect ? asked.failed : { kind: 'moved', remoteSha: at };
};

/** The `!` line of `push --porcelain`. */
const rejection = (stdout: string): { readonly why: string; readonly retryable: boolean } | undefined => {
  const line = stdout.split('\n').find((one) => one.startsWith('!\t'));
  if (line === undefined) return undefined;
  const why = singleLine(withoutSecrets(line.split('\t').slice(2).join(' ')), 300);
  return { why, retryable: /failed to update ref|cannot lock ref|remote failed to report/i.test(why) };
};

const remoteSaid = (stderr: string): string => {
  const said = stderr
    .split(/[\r\n]+/)
    .filter((line) => /^remote: *\S/.test(line))
    .map((line) => line.replace(/^remote: */, '').trim())
    .slice(-6);
  return said.length === 0 ? '' : `: ${singleLine(withoutSecrets(said.join('; ')), 400)}`;
};
