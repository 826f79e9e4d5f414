import type { CommandPurpose } from '../domain/event.ts';
import { succeeded, type Exit } from '../domain/exit.ts';
import { failureSignature } from '../domain/loop-score.ts';
import { singleLine } from '../domain/terminal.ts';
import { liveOutput, MAX_OUTPUT } from './live-output.ts';
import { emit, repoDir, theBox, type RunContext } from './run-context.ts';

export interface CommandRun {
  readonly command: string;
  readonly purpose: CommandPurpose;
  readonly exit: Exit;
  readonly output: string;
  readonly ms: number;
  /** Undefined when it succeeded or was cancelled from outside. */
  readonly signature: string | undefined;
}
export interface CommandOrder {
  readonly command: string;
  readonly purpose: CommandPurpose;
  readonly cwd?: string;
  readonly timeoutS?: number;
}

/** Runs one shell command in the clone, with every line in the log and a bounded text of it all. */
export const runCommand = async (ctx: RunContext, order: CommandOrder): Promise<CommandRun> => {
  const { command, purpose } = order;
  const key = ctx.deps.host.newId();
  emit(ctx, { type: 'command.started', command, purpose, key });
  const streams = { stdout: liveOutput(ctx, key, 'stdout'), stderr: liveOutput(ctx, key, 'stderr') };
  const result = await theBox(ctx).exec({
    argv: ['sh', '-c', command],
    unqueued: true,
    cwd: order.cwd ?? repoDir(ctx),
    env: ctx.gateEnv,
    timeoutMs: timeoutOf(ctx, order.timeoutS),
    signal: ctx.steer.signal,
    maxOutput: MAX_OUTPUT,
    onOutput: ({ stream, text }) => streams[stream].push(text),
  });
  const counted = result.bytes;
  const stdout = streams.stdout.end(counted && { tail: result.stdout, bytes: counted.stdout });
  const stderr = streams.stderr.end(counted && { tail: result.stderr, bytes: counted.stderr });
  const bytes = counted ? counted.stdout + counted.stderr : stdout.length + stderr.length;
  emit(ctx, { type: 'command.ended', key, exit: result.exit, ms: Math.round(result.durationMs), bytes });
  const failed = !succeeded(result.exit) && result.exit.kind !== 'cancelled';
  // It goes into files that are kept and pushed, and the model may have put anything into it.
  const shown = ctx.deps.redact(command);
  return {
    command: shown,
    purpose,
    exit: result.exit,
    output: joinStreams(stdout, stderr),
    ms: result.durationMs,
    // Many test runners print failures on stdout only.
    signature: failed ? signatureOf(shown, result.exit, stderr.trim() === '' ? stdout : stderr) : undefined,
  };
};

/** The command stands in it too, so that the evidence of a loop says what failed. */
const signatureOf = (command: string, exit: Exit, stderr: string): string =>
  `${singleLine(command, 60)} #${failureSignature(command, exit, stderr)}`;

const joinStreams = (stdout: string, stderr: string): string => {
  if (stderr.trim() === '') return stdout;
  return stdout.trim() === '' ? stderr : `${stdout.trimEnd()}\n[stderr]\n${stderr}`;
};

/** No command outlives the wall-time budget. */
const timeoutOf = (ctx: RunContext, asked: number | undefined): number => {
  const own = Math.min(asked ?? ctx.task.commandTimeoutS, 24 * 3600) * 1000;
  const left = ctx.state.budgets.maxWallTimeMinutes * 60_000 - ctx.home.journal.up;
  return Math.max(1000, Math.min(own, left));
};
