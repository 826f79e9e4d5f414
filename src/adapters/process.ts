import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type * as Execa from 'execa';
import type { Exit } from '../domain/exit.ts';
import type { ExecRequest, ExecResult, Output } from '../ports/sandbox.ts';
import { boundedTail, collectOutput } from './process-output.ts';

const MIB = 1024 * 1024;
/** How long a grandchild may hold the pipes open after the process itself has ended. */
const PIPE_GRACE_MS = 200;
/** Between SIGTERM and SIGKILL. */
const TERM_GRACE_MS = 500;
/** A process that not even SIGKILL ends (a hung mount) must not hang us. */
const KILL_WAIT_MS = 8_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Stream = Output['stream'];
type Input = AsyncIterable<Uint8Array> | string;
type Env = Readonly<Record<string, string | undefined>>;

/** Where and with what a host process starts. `env` replaces the whole environment; left out: ours. */
export interface ProcessOptions {
  readonly cwd?: string;
  readonly env?: Env;
}
export interface BytesRequest extends ProcessOptions {
  readonly argv: readonly [string, ...string[]];
  readonly input?: Input;
  /** Takes standard output instead of collecting it; a returned promise holds the process back until it settles. */
  readonly onStdout?: (chunk: Uint8Array) => void | Promise<void>;
  /** Most bytes of standard output that are collected; 64 MiB when left out. The rest is read and dropped. */
  readonly maxBytes?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}
/** `stdout` is the head (empty with `onStdout`), `stderr` a tail of at most 64 KiB. */
export interface BytesResult {
  readonly exit: Exit;
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly truncated: boolean;
}

interface Launch extends ProcessOptions {
  readonly argv: readonly [string, ...string[]];
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly input?: Input;
  readonly onChunk: (stream: Stream, chunk: Buffer) => void | Promise<void>;
}
/** `complaint` is what a shell would have said when the process could not be started. */
interface Ended {
  readonly exit: Exit;
  readonly complaint?: string;
}

/**
 * Runs a host process in a session of its own and never leaves its process group behind on a timeout or
 * cancel. A failing process is a value: not found is exit 127, not startable 126, as in a shell. `options.env`
 * is the base environment, `request.env` goes on top. Throws only what `onOutput` throws.
 */
export const execProcess = async (
  request: ExecRequest,
  options: ProcessOptions = {},
): Promise<ExecResult> => {
  const started = performance.now();
  const output = collectOutput(request);
  const { exit, complaint } = await runChild({
    ...options,
    ...request,
    env: { ...(options.env ?? process.env), ...request.env },
    onChunk: output.take,
  });
  return { exit, ...output.finish(complaint), durationMs: performance.now() - started };
};

/**
 * Runs a host process with binary input and output (git packs). Constant memory for any input and, with
 * `onStdout`, for any output. Throws what `input` or `onStdout` throws, after the process tree is dead.
 */
export const execBytes = async (request: BytesRequest): Promise<BytesResult> => {
  const stderr = boundedTail();
  const head: Buffer[] = [];
  const maxBytes = request.maxBytes ?? 64 * MIB;
  let kept = 0;
  let truncated = false;
  const collect = (chunk: Buffer): void => {
    const part = chunk.subarray(0, maxBytes - kept);
    truncated ||= part.length < chunk.length;
    kept += part.length;
    if (part.length > 0) head.push(part);
  };
  const { exit, complaint } = await runChild({
    ...request,
    onChunk: (stream, chunk) => {
      if (stream === 'stderr') return stderr.push(chunk);
      return request.onStdout ? request.onStdout(chunk) : collect(chunk);
    },
  });
  return { exit, stdout: Buffer.concat(head), stderr: stderr.text() + (complaint ?? ''), truncated };
};

const runChild = async (launch: Launch): Promise<Ended> => {
  if (launch.signal?.aborted) return { exit: { kind: 'cancelled' } };
  const child = start(await import('execa'), launch);
  if (child === undefined) return notStarted(launch, { code: 'EINVAL' });
  if (child.pid === undefined) return notStarted(launch, await child);
  const tree = killableTree(child.pid);
  // Our own bookkeeping decides; execa's promise may wait for a grandchild that holds the pipes.
  void child.then(undefined, () => undefined);
  let thrown: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    thrown ??= { error };
    tree.stop('cancelled');
  };
  const drains = [
    drain(child.stdout, (chunk) => launch.onChunk('stdout', chunk), fail),
    drain(child.stderr, (chunk) => launch.onChunk('stderr', chunk), fail),
  ];
  if (child.stdin && launch.input !== undefined) void pump(launch.input, child.stdin, fail);
  const release = obey(launch, tree);
  const left = await Promise.race([
    new Promise<Exit>((resolve) =>
      child.nodeChildProcess.once('exit', (code, signal) => resolve(exitOf(code, signal))),
    ),
    tree.unkillable.then((): Exit => ({ kind: 'signal', signal: 'SIGKILL' })),
  ]);
  release();
  const stopped = tree.ended();
  await lastOutput(drains);
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
  if (thrown) throw thrown.error;
  return { exit: stopped ? { kind: stopped } : left };
};

const exitOf = (code: number | null, signal: string | null): Exit =>
  code === null ? { kind: 'signal', signal: signal ?? 'unknown' } : { kind: 'code', code };

// Loaded with the first process: a command that starts none should not pay for it.
const start = ({ execa }: typeof Execa, { argv: [file, ...args], cwd, env, input }: Launch) => {
  const texts = [file, ...args, cwd ?? '', ...Object.values(env ?? {})];
  if (texts.some((text) => text?.includes('\0'))) return undefined;
  return execa(file, args, {
    reject: false,
    buffer: false, // `maxBuffer` would kill the child at the limit.
    detached: true,
    cleanup: false,
    extendEnv: false,
    env: env ?? process.env,
    stdin: input === undefined ? 'ignore' : 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    ...(cwd !== undefined && { cwd }),
  });
};

const drain = (
  stream: Readable,
  take: (chunk: Buffer) => void | Promise<void>,
  fail: (error: unknown) => void,
) => {
  let holding: Promise<void> | undefined;
  const hold = (held: Promise<void>): void => {
    stream.pause();
    // Chained, because execa resumes the stream at the exit: then several chunks can be held at once.
    const all = Promise.all([holding, held.catch(fail)]).then(() => {
      if (holding !== all) return;
      holding = undefined;
      stream.resume();
    });
    holding = all;
  };
  stream.on('data', (chunk: Buffer) => {
    try {
      const held = take(chunk);
      if (held) hold(held);
    } catch (error) {
      fail(error);
    }
  });
  stream.on('error', () => undefined);
  return {
    closed: new Promise<void>((resolve) => stream.once('close', resolve)).then(() => holding),
    /** Settles when the taker is ready for more; undefined while it is. */
    held: () => holding,
  };
};

/** After the exit: all that is in the pipes, but no longer than the grace while nobody holds the output back. */
const lastOutput = async (drains: readonly ReturnType<typeof drain>[]): Promise<void> => {
  const closed = Promise.all(drains.map((one) => one.closed)).then(() => true);
  for (;;) {
    // The extra turn of the event loop lets pending reads happen first when the loop itself was late.
    const grace = new Promise<false>((resolve) => {
      setTimeout(() => setImmediate(resolve, false), PIPE_GRACE_MS);
    });
    if (await Promise.race([closed, grace])) break;
    const held = drains.map((one) => one.held()).filter((hold) => hold !== undefined);
    if (held.length === 0) return;
    await Promise.all(held);
  }
};

/** These mean that the process did not want the rest: its exit tells the story. */
const unwanted = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED']);

const pump = (input: Input, stdin: Writable, fail: (error: unknown) => void): Promise<void> =>
  pipeline(Readable.from(input, { highWaterMark: 1 }), stdin).catch((error: NodeJS.ErrnoException) => {
    if (!unwanted.has(error.code ?? '')) fail(error);
  });

type Stop = 'timeout' | 'cancelled';
const liveGroups = new Set<number>();
let guarded = false;

const killGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
};

const killableTree = (pid: number) => {
  if (!guarded) {
    guarded = true;
    process.once('exit', () => liveGroups.forEach((group) => killGroup(group, 'SIGKILL')));
  }
  liveGroups.add(pid);
  let why: Stop | undefined;
  let escalation: NodeJS.Timeout | undefined;
  const { promise: unkillable, resolve: giveUp } = Promise.withResolvers<void>();
  return {
    unkillable,
    /** First reason wins. SIGTERM to the group, then SIGKILL. */
    stop: (reason: Stop): void => {
      if (why) return;
      why = reason;
      killGroup(pid, 'SIGTERM');
      escalation = setTimeout(() => {
        killGroup(pid, 'SIGKILL');
        escalation = setTimeout(giveUp, KILL_WAIT_MS);
      }, TERM_GRACE_MS);
    },
    /** The process itself is gone: says why it was stopped, and takes the rest of its group along if so. */
    ended: (): Stop | undefined => {
      clearTimeout(escalation);
      liveGroups.delete(pid);
      if (why) killGroup(pid, 'SIGKILL');
      return why;
    },
  };
};

const obey = (launch: Launch, tree: ReturnType<typeof killableTree>): (() => void) => {
  const { timeoutMs, signal } = launch;
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => tree.stop('timeout'), Math.min(timeoutMs, LONGEST_TIMER_MS));
  const abort = (): void => tree.stop('cancelled');
  signal?.addEventListener('abort', abort, { once: true });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  };
};

const complaints: Readonly<Record<string, string>> = {
  ENOENT: 'not found (or its working folder is missing)',
  EACCES: 'permission denied',
  E2BIG: 'argument list too long',
  ENOTDIR: 'not a directory',
  ENOEXEC: 'exec format error',
  EINVAL: 'an argument contains a NUL byte',
};
const notStarted = (launch: Launch, { code = '' }: { readonly code?: string | undefined }): Ended => ({
  exit: { kind: 'code', code: code === 'ENOENT' ? 127 : 126 },
  complaint: `${launch.argv[0]}: ${complaints[code] ?? `could not be started (${code})`}\n`,
});
