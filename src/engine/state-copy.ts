import { iterationParts } from '../domain/iteration-record.ts';
import { mergeAgentEdit } from '../domain/spec/agent-edit.ts';
import type { TaskSpec } from '../domain/spec/task.ts';
import { notesSince } from '../domain/state-texts.ts';
import { emit, repoDir, theBox, type RunContext } from './run-context.ts';
import * as stateDir from './workspace/state-dir.ts';

/** Files of `.ralph/` that the runner writes into the sandbox as they are (state.md, Two copies). */
const copied = [
  'guardrails.md',
  'progress.md',
  'notes.md',
  'diagnostics.md',
  'errors.log',
  'run.json',
] as const;
/** An agent's progress or notes above this are cut: they go into each prompt. */
const MAX_OWN = 32 * 1024;

/** What we last wrote, to see what the agent changed. */
export interface Projection {
  readonly digests: ReadonlyMap<string, string>;
  readonly texts: ReadonlyMap<string, string>;
  readonly logBytes: number;
}

/** The copy that an agent ticks boxes in; where the clone cannot be written, that in its place stays as it was put there. */
export const taskFileOf = ({ sandbox }: TaskSpec): string =>
  sandbox.readOnly ? '.ralph/ralph_task.md' : 'ralph_task.md';

const collect = (ctx: RunContext): Map<string, string> => {
  const { state } = ctx.home;
  const files = new Map<string, string>();
  for (const name of copied) {
    const text = state.readText(name);
    if (text !== undefined) files.set(`.ralph/${name}`, text);
  }
  const last = `iterations/${ctx.state.committed}`;
  for (const name of [...iterationParts, 'done.json']) {
    const text = state.readText(`${last}/${name}`);
    if (text !== undefined) files.set(`.ralph/${last}/${name}`, text);
  }
  files.set(taskFileOf(ctx.task), ctx.home.readTask() ?? '');
  return files;
};

/** Writes the run's truth over the sandbox's copy; the log grows by what is new. */
export const projectState = async (ctx: RunContext, before: Projection | undefined): Promise<Projection> => {
  const files = collect(ctx);
  const { journal, state } = ctx.home;
  const from = before?.logBytes ?? 0;
  const logBytes = journal.bytes;
  const digest = state.sha256('activity.log');
  const grown = journal.slice(from);
  if (from === 0) files.set('.ralph/activity.log', grown);
  const append = from > 0 ? { append: { path: '.ralph/activity.log', text: grown } } : {};
  await stateDir.project(theBox(ctx), repoDir(ctx), files, append);
  const digests = new Map<string, string>();
  for (const name of copied) {
    const sha = state.sha256(name);
    if (sha !== undefined) digests.set(`.ralph/${name}`, sha);
  }
  if (digest !== undefined) digests.set('.ralph/activity.log', digest);
  return { digests, texts: files, logBytes };
};

export interface TakenBack {
  /** Boxes that the agent ticked in its copy of the task file. */
  readonly ticked: readonly string[];
  /** False when the log's copy was touched: the next projection writes it whole. */
  readonly logIntact: boolean;
}

const writable = ['progress.md', 'notes.md', 'guardrails.md'];

const restored = (ctx: RunContext, path: string, reason: string): void => {
  emit(ctx, { type: 'state.restored', path, reason });
};

const decode = (text: string): string => text.replaceAll('\0', '\uFFFD').slice(0, MAX_OWN);

const takeOwn = (
  ctx: RunContext,
  name: 'progress.md' | 'notes.md',
  pair: { was: string; is: string | undefined },
): void => {
  if (pair.is === undefined) return restored(ctx, `.ralph/${name}`, 'the agent removed it');
  if (pair.is === pair.was) return;
  const now = ctx.home.state.readText(name) ?? '';
  // What an operator added since we wrote the copy must not be lost.
  const added = notesSince(pair.was, now);
  const own = ctx.deps.redact(decode(pair.is));
  ctx.home.state.write(name, added === '' ? own : own.trimEnd() + added);
};

const takeSigns = (ctx: RunContext, pair: { was: string; is: string | undefined }): void => {
  const path = '.ralph/guardrails.md';
  if (pair.is === undefined) return restored(ctx, path, 'the agent removed it');
  if (pair.is === pair.was) return;
  if (!pair.is.startsWith(pair.was.trimEnd())) return restored(ctx, path, 'signs may only be appended');
  const added = pair.is.slice(pair.was.trimEnd().length).slice(0, MAX_OWN);
  const now = ctx.home.state.readText('guardrails.md') ?? '';
  ctx.home.state.write('guardrails.md', `${now.trimEnd()}${ctx.deps.redact(decode(added))}`);
};

const takeTicks = (ctx: RunContext, was: string | undefined, is: string | undefined): readonly string[] => {
  if (was === undefined) return [];
  if (is === undefined) {
    restored(ctx, 'ralph_task.md', 'the agent removed it');
    return [];
  }
  if (is === was) return [];
  const merged = mergeAgentEdit(was, is);
  for (const reason of merged.refused.slice(0, 20)) restored(ctx, 'ralph_task.md', reason);
  return merged.ticked;
};

/** Takes back what the agent may write and restores the rest; one exec (state.md, Two copies). */
export const takeBackState = async (ctx: RunContext, projection: Projection): Promise<TakenBack> => {
  const taskFile = taskFileOf(ctx.task);
  const back = await stateDir.takeBack(theBox(ctx), repoDir(ctx), { taskFile });
  for (const [path, digest] of projection.digests) {
    if (writable.some((name) => path === `.ralph/${name}`) || back.digests.get(path) === digest) continue;
    restored(ctx, path, back.digests.has(path) ? 'the agent changed it' : 'the agent removed it');
  }
  const pair = (name: string) => ({
    was: projection.texts.get(`.ralph/${name}`) ?? '',
    is: back.files.get(name as 'notes.md'),
  });
  takeOwn(ctx, 'progress.md', pair('progress.md'));
  takeOwn(ctx, 'notes.md', pair('notes.md'));
  takeSigns(ctx, pair('guardrails.md'));
  const ticked = takeTicks(ctx, projection.texts.get(taskFile), back.files.get('ralph_task.md'));
  const log = '.ralph/activity.log';
  return { ticked, logIntact: back.digests.get(log) === projection.digests.get(log) };
};
