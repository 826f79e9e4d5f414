import { RalphError } from '../domain/error.ts';
import type { Diff } from '../ports/run-repo.ts';
import { emit, repoDir, theBox, type RunContext } from './run-context.ts';
import { rebuild } from './workspace/clone.ts';
import * as git from './workspace/git.ts';

/** An iteration that adds more than this is not taken in. */
const MAX_PACK = 512 * 1024 * 1024;
/** Of the patch of one commit that the session made. */
const MAX_SCANNED = 64 * 1024 * 1024;
/** Of one session: each is searched for secrets. */
const MAX_COMMITS = 500;
const author = { name: 'Ralph', email: 'ralph@localhost' };

export interface SnapshotRequest {
  readonly startSha: string;
  readonly message: string;
  readonly maxDiff: number;
  /** For a ref that never leaves this machine: what looks like a secret is kept, not taken back. */
  readonly keepsSecrets?: true;
}
export interface Taken {
  readonly headSha: string;
  /** The tree that stood there when it was taken. */
  readonly tree: string;
  readonly diff: Diff;
  /** False when something of the work tree could not go into the commit. */
  readonly complete: boolean;
  readonly problems: readonly string[];
}

const warn = (ctx: RunContext, text: string): void => {
  emit(ctx, { type: 'warning', about: 'snapshot', text });
};

/** A clone whose `.git` the agent broke is made anew under its work tree, and then taken. */
const snapshotOf = async (ctx: RunContext, request: SnapshotRequest): Promise<git.SnapshotTaken> => {
  const order = { branch: ctx.state.branch, start: request.startSha, message: request.message, author };
  const first = await git.snapshot(theBox(ctx), repoDir(ctx), order);
  if (first.kind === 'taken') return first;
  // Nothing is broken then, and what is there must not be thrown away.
  if (/no space left on device|disk quota exceeded/i.test(first.detail))
    throw new RalphError('sandbox.exec', `the work tree cannot be committed: ${first.detail}`);
  warn(ctx, `the clone's .git is broken (${first.detail}): made anew, the work tree is kept`);
  await rebuild(theBox(ctx), repoDir(ctx), {
    repo: ctx.home.repo,
    sha: request.startSha,
    branch: ctx.state.branch,
  });
  await git.ignore(theBox(ctx), repoDir(ctx), ctx.task.copy);
  const second = await git.snapshot(theBox(ctx), repoDir(ctx), order);
  if (second.kind === 'taken') return second;
  throw new RalphError('sandbox.exec', `the clone cannot be repaired: ${second.detail}`);
};

const importHead = async (ctx: RunContext, head: string, base: string): Promise<string | undefined> => {
  if (head === base) return undefined;
  const pack = git.packFrom(theBox(ctx), repoDir(ctx), { head, base, maxBytes: MAX_PACK });
  const outcome = await ctx.home.repo.importPack(pack, {
    head,
    base,
    maxBytes: MAX_PACK,
    forbidden: ['ralph_task.md'],
  });
  return outcome.kind === 'refused' ? outcome.reason : undefined;
};

/** Keeps the work tree, takes the commits back: nothing of them is in the branch. */
const takeBack = async (ctx: RunContext, sha: string): Promise<void> => {
  await git.resetKeepingFiles(theBox(ctx), repoDir(ctx), { branch: ctx.state.branch, sha });
};

const gate = async (ctx: RunContext, diff: Diff): Promise<readonly string[]> => {
  if (diff.truncated)
    return ['the change is too large to be searched for secrets: nothing of it was committed'];
  const found = await ctx.deps.scanDiff(diff.patch);
  return found
    .slice(0, 10)
    .map(
      (f) =>
        `git_diff.patch:${f.line} looks like a secret (${f.rule}): remove it; nothing of this iteration was committed`,
    );
};

/** Text as a diff that adds it, for the gate. */
const asAdded = (text: string): string => {
  const lines = text.split('\n');
  return `@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}`).join('\n')}`;
};

/** What a commit of the session added and a later one took away again: it would be pushed with the history. */
const gateHistory = async (ctx: RunContext, startSha: string, snap: git.SnapshotTaken) => {
  if (snap.committedByAgent === 0) return [];
  if (snap.committedByAgent > MAX_COMMITS)
    return [`the session made more than ${MAX_COMMITS} commits: squash them; nothing was committed`];
  const problems: string[] = [];
  const said = await ctx.home.repo.messages(startSha, snap.head);
  if (said === undefined || (await ctx.deps.scanDiff(asAdded(said))).length > 0)
    problems.push('a commit message holds what looks like a secret: nothing of this iteration was committed');
  let before = startSha;
  const commits = await ctx.home.repo.log(startSha, snap.head, MAX_COMMITS + 1);
  for (const { sha } of commits.toReversed()) {
    const { patch, truncated } = await ctx.home.repo.diff(before, sha, { maxBytes: MAX_SCANNED });
    if (truncated || (await ctx.deps.scanDiff(patch)).length > 0)
      problems.push(
        `commit ${sha.slice(0, 12)} holds what looks like a secret: nothing of this iteration was committed`,
      );
    before = sha;
  }
  return problems.slice(0, 10);
};

const searched = async (
  ctx: RunContext,
  { startSha }: SnapshotRequest,
  { snap, diff }: { readonly snap: git.SnapshotTaken; readonly diff: Diff },
): Promise<readonly string[]> => {
  const inHistory = await gateHistory(ctx, startSha, snap);
  const whole = diff.truncated
    ? await ctx.home.repo.diff(startSha, snap.head, { maxBytes: MAX_SCANNED })
    : diff;
  return [...(await gate(ctx, whole)), ...inHistory];
};

/** Of a work tree that cannot be written: it is the commit that it was filled from, whatever is said inside. */
const unchanged = async (ctx: RunContext, { startSha, maxDiff }: SnapshotRequest): Promise<Taken> => ({
  headSha: startSha,
  tree: startSha,
  diff: await ctx.home.repo.diff(startSha, startSha, { maxBytes: maxDiff }),
  complete: true,
  problems: [],
});

/**
 * Commits the work tree inside the sandbox, imports the commits under strict checks, and measures the change
 * from the iteration's start. What may not be taken in stays in the work tree, is named, and the run is not done.
 */
export const takeSnapshot = async (ctx: RunContext, request: SnapshotRequest): Promise<Taken> => {
  const { startSha } = request;
  if (ctx.task.sandbox.readOnly) return unchanged(ctx, request);
  const snap = await snapshotOf(ctx, request);
  const problems: string[] = [];
  if (snap.rewritten) warn(ctx, 'the session rewrote history: its files are kept, on top of the old history');
  for (const path of snap.nested)
    problems.push(`${path} is a git repository of its own: it cannot be committed; remove its .git`);
  for (const path of snap.unreadable) problems.push(`${path} cannot be read by git: it is not in the commit`);
  const refused = await importHead(ctx, snap.head, startSha);
  if (refused !== undefined) {
    problems.push(`the commits were refused: ${refused}`);
    warn(ctx, `the commits were refused: ${refused}`);
  }
  const wanted = refused === undefined ? snap.head : startSha;
  const diff = await ctx.home.repo.diff(startSha, wanted, { maxBytes: request.maxDiff });
  const isLocal = wanted === startSha || request.keepsSecrets === true;
  const secrets = isLocal ? [] : await searched(ctx, request, { snap, diff });
  for (const secret of secrets) warn(ctx, secret);
  problems.push(...secrets);
  const headSha = secrets.length > 0 ? startSha : wanted;
  if (headSha !== snap.head) await takeBack(ctx, startSha);
  return { headSha, tree: snap.tree, diff, complete: problems.length === 0, problems };
};
