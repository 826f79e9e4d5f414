import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { RalphError } from '../../domain/error.ts';
import { mergeBody } from '../../domain/pull-request.ts';
import type { PullRequest, PullRequestContent, ScmProvider } from '../../ports/scm.ts';
import { createPullRecords, type PullRecord, type PullRecords } from './pull-records.ts';
import { plainUrl, remoteHeads, type RemoteAccess } from './remote-heads.ts';

export interface LocalScmOptions extends RemoteAccess {
  /** Where the records of a remote go that is not a path on this machine. */
  readonly recordDir?: string;
}

const MAX_COMMENTS = 1000;

/**
 * Pull requests as JSON records: beside a repository on this machine (`<git dir>/ralph/pulls/<n>.json`), or in
 * `recordDir`. Each write first asks the remote whether its branch really stands at the named commit.
 */
export const createLocalScm = (options: LocalScmOptions): ScmProvider => {
  const records = async (): Promise<PullRecords> => createPullRecords(await recordsDir(options));
  return {
    id: 'local',
    validateAuth: async () => {
      await remoteHeads(options);
    },
    getDefaultBranch: async () => {
      const { defaultBranch } = await remoteHeads(options);
      if (defaultBranch !== undefined) return defaultBranch;
      throw new RalphError('scm.failed', `${plainUrl(options.url)} names no default branch`, {
        hint: 'Set base_branch in the task file.',
      });
    },
    findPr: async (headBranch) => {
      const found = await (await records()).find(headBranch);
      return found && asPullRequest(found);
    },
    openPr: async (content) => openPr(options, await records(), content),
    updatePr: async (number, content) => {
      const store = await records();
      return asPullRequest(await update(options, store, { record: await store.get(number), content }));
    },
    commentPr: async (number, body, once) => {
      const store = await records();
      const record = await store.get(number);
      if (once && record.comments.some((one) => one.body.includes(once.marker))) return;
      const comments = [...record.comments, { at: now(), body }].slice(-MAX_COMMENTS);
      await store.save({ ...record, comments, updatedAt: now() });
    },
  };
};

const now = (): string => new Date().toISOString();

const asPullRequest = ({ number, url, draft, state, headSha, base }: PullRecord): PullRequest => ({
  number,
  url,
  draft,
  state,
  headSha,
  baseBranch: base,
});

const openPr = async (
  options: LocalScmOptions,
  store: PullRecords,
  content: PullRequestContent,
): Promise<PullRequest> => {
  const found = await store.find(content.headBranch);
  if (found) {
    const kept = { ...content, baseBranch: found.base };
    return asPullRequest(await update(options, store, { record: found, content: kept }));
  }
  await checkHead(options, content.headBranch, content.headSha);
  const at = now();
  const made = await store.create((number, file) => ({
    number,
    url: pathToFileURL(file).href,
    title: content.title,
    body: content.body,
    head: content.headBranch,
    base: content.baseBranch,
    headSha: content.headSha,
    draft: content.draft,
    labels: [...content.labels],
    state: 'open',
    createdAt: at,
    updatedAt: at,
    comments: [],
  }));
  return asPullRequest(made);
};

/** A record that a human closed or merged stays as it is. */
const update = async (
  options: LocalScmOptions,
  store: PullRecords,
  { record, content }: { readonly record: PullRecord; readonly content: Partial<PullRequestContent> },
): Promise<PullRecord> => {
  if (record.state !== 'open') return record;
  const {
    title = record.title,
    draft = record.draft,
    headSha = record.headSha,
    labels = record.labels,
  } = content;
  await checkHead(options, record.head, headSha);
  return store.save({
    ...record,
    title,
    draft,
    headSha,
    labels: [...labels],
    base: content.baseBranch ?? record.base,
    body: content.body === undefined ? record.body : mergeBody(record.body, content.body),
    updatedAt: now(),
  });
};

const checkHead = async (options: LocalScmOptions, branch: string, sha: string): Promise<void> => {
  const at = (await remoteHeads(options, branch)).shas.get(branch);
  if (at === sha) return;
  const stands = at === undefined ? 'is not there' : `stands at ${at.slice(0, 12)}`;
  throw new RalphError('scm.failed', `${branch} ${stands} at the remote, not at ${sha.slice(0, 12)}`, {
    hint: 'Push the branch first, or look at who moved it.',
  });
};

const recordsDir = async (options: LocalScmOptions): Promise<string> => {
  const { url } = options;
  const path = url.startsWith('file://') ? fileURLToPath(url) : url;
  if (isAbsolute(path)) return join(await commonDir(path), 'ralph', 'pulls');
  if (options.recordDir !== undefined) return join(options.recordDir, folderName(plainUrl(url)));
  throw new RalphError('scm.failed', `there is no place for pull request records of ${plainUrl(url)}`, {
    hint: 'Use a repository on this machine, or set a folder for records.',
  });
};

/** Readable, and different for each address. */
const folderName = (url: string): string => {
  const name = url
    .replace(/\.git\/?$/, '')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `${name.slice(-60)}-${createHash('sha256').update(url).digest('hex').slice(0, 12)}`;
};

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** The git folder that all worktrees of a repository share; bare, checkout and linked worktree. */
const commonDir = async (given: string): Promise<string> => {
  const path = await realpath(given).catch(() => given);
  const dotGit = join(path, '.git');
  const gitDir = (await isFolder(dotGit)) ? dotGit : ((await linkedGitDir(path)) ?? path);
  const shared = await readFile(join(gitDir, 'commondir'), 'utf8').catch(() => '.');
  const dir = resolve(gitDir, shared.trim());
  if (await isFolder(join(dir, 'objects'))) return dir;
  throw new RalphError('scm.failed', `${given} is not a git repository`, {
    hint: 'Check repo_url in the task file.',
  });
};

const linkedGitDir = async (path: string): Promise<string | undefined> => {
  const file = join(path, '.git');
  const text = await readFile(file, 'utf8').catch(() => '');
  const target = /^gitdir: ([^\r\n]+)/.exec(text)?.[1];
  return target === undefined ? undefined : resolve(dirname(file), target);
};
