import type { Action, Answer } from '../domain/action.ts';
import { describeExit, succeeded } from '../domain/exit.ts';
import { applyUnifiedDiff } from '../domain/patch.ts';
import { singleLine } from '../domain/terminal.ts';
import { runCommand, type CommandRun } from './command.ts';
import { emit, repoDir, theBox, type RunContext } from './run-context.ts';
import { readFile, removeFile, resolveInside, writeFile, type WriteOutcome } from './workspace/files.ts';
import * as git from './workspace/git.ts';

/** Files above this are not patched (reliability.md, Patches from models). */
const MAX_PATCHED = 2 * 1024 * 1024;

export interface ActionResult {
  readonly outcome: 'ok' | 'failed' | 'refused';
  readonly detail: string;
  readonly command?: CommandRun;
}
/** What the model wants to come next, if it said so. */
export type ModelWish = {
  readonly kind: 'rotate' | 'pause' | 'stop_success' | 'stop_failure';
  readonly reason: string;
};

export interface Applied {
  readonly commands: readonly CommandRun[];
  /** One line per action that failed or was refused, for errors.log. */
  readonly problems: readonly string[];
  readonly wish: ModelWish | undefined;
  /** One JSON line per action, for actions.jsonl. */
  readonly records: readonly string[];
}

const labelOf = (action: Action): string => {
  switch (action.type) {
    case 'run':
      return action.command;
    case 'patch':
    case 'write':
      return action.path;
    case 'commit':
      return action.message;
    case 'rotate':
    case 'pause':
    case 'stop_success':
    case 'stop_failure':
      return action.reason;
  }
};

const READ_ONLY = 'the sandbox is read-only (sandbox_read_only: true): no file can be changed';

const refused = (detail: string): ActionResult => ({ outcome: 'refused', detail });
const failed = (detail: string): ActionResult => ({ outcome: 'failed', detail });
const ok = (detail: string): ActionResult => ({ outcome: 'ok', detail });

const run = async (ctx: RunContext, action: Extract<Action, { type: 'run' }>): Promise<ActionResult> => {
  const cwd = await resolveCwd(ctx, action.cwd ?? '.');
  if (typeof cwd !== 'string') return cwd;
  const command = await runCommand(ctx, {
    command: action.command,
    purpose: 'action',
    cwd,
    ...(action.timeout_s && { timeoutS: Math.min(action.timeout_s, ctx.task.commandTimeoutS) }),
  });
  const detail = describeExit(command.exit);
  return { outcome: succeeded(command.exit) ? 'ok' : 'failed', detail, command };
};

const resolveCwd = async (ctx: RunContext, cwd: string): Promise<string | ActionResult> => {
  if (cwd === '.' || cwd === '' || cwd === './') return repoDir(ctx);
  const place = await resolveInside(theBox(ctx), repoDir(ctx), cwd);
  return place.ok ? place.path : refused(place.reason);
};

const patch = async (ctx: RunContext, action: Extract<Action, { type: 'patch' }>): Promise<ActionResult> => {
  const box = theBox(ctx);
  const place = await resolveInside(box, repoDir(ctx), action.path);
  if (!place.ok) return refused(place.reason);
  const source = await readFile(box, place.path, { maxBytes: MAX_PATCHED });
  if (source.kind !== 'ok' && source.kind !== 'missing') return refused(`${action.path}: ${source.reason}`);
  const before = source.kind === 'ok' ? source.bytes : new Uint8Array();
  const text = decodeText(before);
  if (text === undefined) return refused(`${action.path} is not UTF-8 text: use a command to change it`);
  const result = applyUnifiedDiff(text, action.patch);
  switch (result.kind) {
    case 'applied':
      return taken(
        action.path,
        await writeFile(box, place.path, new TextEncoder().encode(result.text), { keepMode: true }),
        result.notes.join('; '),
      );
    case 'deleted':
      return taken(action.path, await removeFile(box, place.path), 'deleted');
    case 'rejected':
      return failed(
        result.candidates ? `${result.reason} (lines ${result.candidates.join(', ')})` : result.reason,
      );
  }
};

const taken = (path: string, done: WriteOutcome, detail: string): ActionResult =>
  done.ok ? ok(detail) : refused(`${path}: ${done.reason}`);

const decodeText = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
};

const write = async (ctx: RunContext, action: Extract<Action, { type: 'write' }>): Promise<ActionResult> => {
  const place = await resolveInside(theBox(ctx), repoDir(ctx), action.path);
  if (!place.ok) return refused(place.reason);
  const bytes = new TextEncoder().encode(action.content);
  const done = await writeFile(theBox(ctx), place.path, bytes, {
    append: action.append === true,
    keepMode: true,
  });
  return taken(action.path, done, `${bytes.length} bytes`);
};

const commit = async (
  ctx: RunContext,
  action: Extract<Action, { type: 'commit' }>,
): Promise<ActionResult> => {
  // Models say "." for everything.
  const all = action.paths?.some((path) => path === '.' || path === './') === true;
  const paths = all ? [] : (action.paths ?? []);
  for (const path of paths) {
    const place = await resolveInside(theBox(ctx), repoDir(ctx), path);
    if (!place.ok) return refused(place.reason);
  }
  const message = ctx.deps.redact(action.message);
  const made = await git.commit(theBox(ctx), repoDir(ctx), { message, paths });
  return made.ok ? ok(made.sha.slice(0, 12)) : failed(made.reason);
};

const writes: ReadonlySet<Action['type']> = new Set(['patch', 'write', 'commit']);

const applyOne = (ctx: RunContext, action: Action): Promise<ActionResult> => {
  if (ctx.task.sandbox.readOnly && writes.has(action.type)) return Promise.resolve(refused(READ_ONLY));
  switch (action.type) {
    case 'run':
      return run(ctx, action);
    case 'patch':
      return patch(ctx, action);
    case 'write':
      return write(ctx, action);
    case 'commit':
      return commit(ctx, action);
    case 'rotate':
    case 'pause':
    case 'stop_success':
    case 'stop_failure':
      return Promise.resolve(ok(''));
  }
};

const wishOf = (action: Action): ModelWish | undefined => {
  const ends = ['rotate', 'pause', 'stop_success', 'stop_failure'] as const;
  const kind = ends.find((k) => k === action.type);
  return kind && 'reason' in action ? { kind, reason: action.reason } : undefined;
};

/** Applies the actions of one answer in order (spec 9), each entered before and after; stops where it is told to. */
export const applyActions = async (ctx: RunContext, n: number, answer: Answer): Promise<Applied> => {
  const commands: CommandRun[] = [];
  const problems: string[] = [];
  const records: string[] = [];
  let wish: ModelWish | undefined;
  for (const [i, action] of answer.actions.entries()) {
    if (ctx.steer.wish) {
      problems.push(
        `iteration ${n}: ${answer.actions.length - i} action(s) not run: ${ctx.steer.wish.kind} was asked`,
      );
      break;
    }
    const label = singleLine(ctx.deps.redact(labelOf(action)), 200);
    emit(ctx, { type: 'action.started', n, i, action: action.type, label }, { sync: true });
    ctx.deps.host.failpoint('action.started');
    const started = ctx.deps.host.clock.monotonicMs();
    const result = await applyOne(ctx, action);
    const ms = Math.round(ctx.deps.host.clock.monotonicMs() - started);
    const detail = singleLine(ctx.deps.redact(result.detail), 500);
    emit(ctx, { type: 'action.ended', n, i, outcome: result.outcome, detail, ms });
    ctx.deps.host.failpoint('action.ended');
    records.push(ctx.deps.redact(JSON.stringify({ i, action, outcome: result.outcome, detail })));
    if (result.command) commands.push(result.command);
    if (result.outcome !== 'ok') problems.push(`iteration ${n}: ${action.type} ${label}: ${detail}`);
    wish = wishOf(action);
    if (wish) break;
  }
  return { commands, problems, wish, records };
};
