import { RalphError } from '../domain/error.ts';
import type { RunState } from '../domain/run-state.ts';
import { isEnded } from '../domain/run-status.ts';
import type { PushOutcome } from '../ports/run-repo.ts';
import { emit, type RunContext, type SavedLog } from './run-context.ts';

const top = ['guardrails.md', 'progress.md', 'notes.md', 'diagnostics.md', 'errors.log', 'run.json'];

/** Each rerun of a task (`-v2`, spec 14.2) has a state ref of its own, as it has a branch. */
export const stateName = ({ task, branch }: Pick<RunState, 'task' | 'branch'>): string =>
  `${task}${/-v\d+$/.exec(branch)?.[0] ?? ''}`;
export const stateRef = (name: string): string => `refs/ralph/${name}`;

/** The log in parts: `<n>` holds what was written since the save before, up to the last save after iteration n. */
export const LOG_PARTS = '.ralph/activity.log.d/';
const partPath = (n: number): string => `${LOG_PARTS}${String(n).padStart(6, '0')}`;

type Files = Map<string, string | null>;

const addFile = (ctx: RunContext, files: Files, name: string): void => {
  const text = ctx.home.state.readText(name);
  if (text !== undefined) files.set(`.ralph/${name}`, text);
};

const addIteration = (ctx: RunContext, files: Files, n: number): void => {
  for (const name of ctx.home.state.list(`iterations/${n}`)) addFile(ctx, files, `iterations/${n}/${name}`);
};

/**
 * What the ref holds, read off the ref itself: a note of it in another file is wrong after a crash between the two.
 * Parts that are not what the log says are taken out, and what no save has reached yet is put in.
 */
const catchUp = async (ctx: RunContext, parent: string | undefined, files: Files): Promise<SavedLog> => {
  const parts =
    parent === undefined ? new Map<string, string>() : await ctx.home.repo.readTree(parent, LOG_PARTS);
  const log = ctx.home.journal.slice(0);
  let newest: SavedLog = { part: 0, from: 0, to: 0 };
  let [characters, isWhole] = [0, true];
  const there = new Set<number>();
  for (const path of [...parts.keys()].toSorted()) {
    const text = parts.get(path) ?? '';
    isWhole &&= log.startsWith(text, characters);
    if (isWhole) {
      characters += text.length;
      const part = Number(path.slice(LOG_PARTS.length));
      newest = { part, from: newest.to, to: newest.to + new TextEncoder().encode(text).length };
      there.add(part);
    } else files.set(path, null);
  }
  for (let n = 1; n < ctx.state.committed; n += 1) if (!there.has(n)) addIteration(ctx, files, n);
  return newest;
};

/** A second save after the same iteration makes its part longer. */
const nextPart = (ctx: RunContext, before: SavedLog, n: number): SavedLog => {
  const part = Math.max(n, before.part);
  return { part, from: part === before.part ? before.from : before.to, to: ctx.home.journal.bytes };
};

/**
 * The run's state as a commit on `refs/ralph/<task_id>` (state.md): only what is new since the last one is written,
 * the log as one part per iteration, so that the cost does not grow with the run.
 */
export const saveStateRef = async (ctx: RunContext, n: number): Promise<void> => {
  const { journal, repo } = ctx.home;
  const ref = stateRef(stateName(ctx.state));
  const parent = await repo.readRef(ref);
  const files: Files = new Map();
  ctx.savedLog ??= await catchUp(ctx, parent, files);
  for (const name of top) addFile(ctx, files, name);
  addIteration(ctx, files, n);
  const next = nextPart(ctx, ctx.savedLog, n);
  files.set(partPath(next.part), journal.slice(next.from));
  files.set('ralph_task.md', ctx.home.readTask() ?? '');
  await repo.commitFiles(ref, {
    parent,
    message: `state of ${ctx.state.task} after iteration ${n}\n`,
    files,
  });
  ctx.savedLog = next;
  ctx.deps.host.failpoint('state.saved');
};

/** A push whose answer was lost, or not written down before a crash: the remote stands at an older save of ours. */
const pushOver = async (ctx: RunContext, ref: string, sha: string): Promise<PushOutcome> => {
  const { repo } = ctx.home;
  const remote = { url: ctx.state.repo };
  const first = await repo.push(remote, { sha, ref, expect: ctx.pushedStateSha });
  const at = first.kind === 'moved' ? first.remoteSha : undefined;
  if (at === undefined || !(await repo.isAncestor(at, sha))) return first;
  return at === sha ? { kind: 'pushed' } : repo.push(remote, { sha, ref, expect: at });
};

const tryPush = (ctx: RunContext, ref: string, sha: string) =>
  pushOver(ctx, ref, sha).catch((error: unknown) => {
    if (!(error instanceof RalphError) || !error.code.startsWith('scm.')) throw error;
    return { kind: 'failed', detail: ctx.deps.redact(error.message) } as const;
  });

/** Pushes the state ref beside the branch, unless `state.push: false`. A failure is a warning: the home has it all. */
export const pushStateRef = async (ctx: RunContext): Promise<void> => {
  if (!ctx.task.state.push) return;
  const ref = stateRef(stateName(ctx.state));
  const sha = await ctx.home.repo.readRef(ref);
  if (sha === undefined || sha === ctx.pushedStateSha) return;
  const first = await tryPush(ctx, ref, sha);
  // The next save would push this one too; after the last one there is none.
  const isLast = first.kind === 'failed' && isEnded(ctx.state.status);
  const outcome = isLast ? await tryPush(ctx, ref, sha) : first;
  if (outcome.kind === 'pushed') ctx.pushedStateSha = sha;
  else {
    const detail =
      outcome.kind === 'moved' ? `it stands at ${outcome.remoteSha ?? 'nothing'}` : outcome.detail;
    emit(ctx, { type: 'warning', about: 'state ref', text: `${ref} was not pushed: ${detail}` });
  }
};
