import { RalphError } from '../domain/error.ts';
import type { RunState } from '../domain/run-state.ts';
import { emit, type RunContext } from './run-context.ts';

const top = ['guardrails.md', 'progress.md', 'notes.md', 'diagnostics.md', 'errors.log', 'run.json'];

/** Each rerun of a task (`-v2`, spec 14.2) has a state ref of its own, as it has a branch. */
export const stateName = ({ task, branch }: Pick<RunState, 'task' | 'branch'>): string =>
  `${task}${/-v\d+$/.exec(branch)?.[0] ?? ''}`;
export const stateRef = (name: string): string => `refs/ralph/${name}`;

/**
 * The run's state as a commit on `refs/ralph/<task_id>` (state.md): only what is new since the last one is written,
 * the log as one part per iteration, so that the cost does not grow with the run.
 */
export const saveStateRef = async (ctx: RunContext, n: number): Promise<void> => {
  const { state, journal, repo } = ctx.home;
  const files = new Map<string, string | null>();
  for (const name of top) {
    const text = state.readText(name);
    if (text !== undefined) files.set(`.ralph/${name}`, text);
  }
  for (const name of state.list(`iterations/${n}`)) {
    const text = state.readText(`iterations/${n}/${name}`);
    if (text !== undefined) files.set(`.ralph/iterations/${n}/${name}`, text);
  }
  const to = journal.bytes;
  files.set(`.ralph/activity.log.d/${String(n).padStart(6, '0')}`, journal.slice(ctx.savedLogBytes));
  files.set('ralph_task.md', ctx.home.readTask() ?? '');
  const ref = stateRef(stateName(ctx.state));
  const parent = await repo.readRef(ref);
  await repo.commitFiles(ref, {
    parent,
    message: `state of ${ctx.state.task} after iteration ${n}\n`,
    files,
  });
  ctx.savedLogBytes = to;
};

/** Pushes the state ref beside the branch, unless `state.push: false`. A failure is a warning: the home has it all. */
export const pushStateRef = async (ctx: RunContext): Promise<void> => {
  if (!ctx.task.state.push) return;
  const ref = stateRef(stateName(ctx.state));
  const sha = await ctx.home.repo.readRef(ref);
  if (sha === undefined || sha === ctx.pushedStateSha) return;
  const outcome = await ctx.home.repo
    .push({ url: ctx.state.repo }, { sha, ref, expect: ctx.pushedStateSha })
    .catch((error: unknown) => {
      if (!(error instanceof RalphError) || !error.code.startsWith('scm.')) throw error;
      return { kind: 'failed', detail: ctx.deps.redact(error.message) } as const;
    });
  if (outcome.kind === 'pushed') ctx.pushedStateSha = sha;
  else {
    const detail =
      outcome.kind === 'moved' ? `it stands at ${outcome.remoteSha ?? 'nothing'}` : outcome.detail;
    emit(ctx, { type: 'warning', about: 'state ref', text: `${ref} was not pushed: ${detail}` });
  }
};
