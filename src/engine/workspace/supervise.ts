import { RalphError } from '../../domain/error.ts';
import type { ExecRequest, ExecResult, Sandbox } from '../../ports/sandbox.ts';
import { TAGGED } from '../../domain/tagged-processes.ts';
import { script } from './exec-text.ts';
import { createTail } from './output-tail.ts';

/** Carried by every process of a supervised command, also by those that made sessions of their own (agents.md). */
export const TAG = 'RALPH_EXEC';
/** How long a kill may take before we go on without it. */
const KILL_WAIT_MS = 10_000;
/** Between the kill inside the sandbox and the end of our own client process. */
const SETTLE_MS = 1_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Leaves the pid in a file, then becomes the command. A group of its own comes from setsid unless the backend has
 * made one already; then sh stays, because `setsid -w` reports a signal's number as an exit code.
 * $1 the pid file, $2 an older one to remove, then the command.
 */
const LEADER = `f=$1; [ -z "$2" ] || rm -f -- "$2"; shift 2
g=$$; { read -r _ _ _ _ g _ < /proc/$$/stat; } 2>/dev/null
{ [ "$g" = "$$" ] || ! command -v setsid; } >/dev/null 2>&1 && { { echo $$ > "$f"; } 2>/dev/null; exec "$@"; }
exec setsid -w sh -c '{ echo $$ > "$0"; } 2>/dev/null; "$@"; exit $?' "$f" "$@"`;

/** SIGTERM, then SIGKILL until nobody is left. $1 the pid file, $2 the tag in an environment. */
const KILL = `f=$1; t=$2; p=$(cat "$f" 2>/dev/null)
${TAGGED}
each() { [ -z "$p" ] || send "$1" "-$p"; for q in $(tagged); do send "$1" "$q"; done; }
left() { [ -n "$(tagged)" ] || { [ -n "$p" ] && send 0 "-$p"; }; }
each TERM
for i in 1 2 3 4; do left || break; sleep 0.1; done
for i in 1 2 3 4 5 6 7 8; do left || break; each KILL; sleep 0.05; done
rm -f -- "$f"`;

type Cut = 'timeout' | 'cancelled';

/**
 * Honours `timeoutMs` and `signal` once for every backend: the whole process tree dies inside the sandbox, also
 * what left its process group. Killing the client of a container or an API call does not do that. Always settles,
 * at the latest about 20 s after the cut, and keeps the tails of the output. `newId`: lower-case letters and digits.
 */
export const supervise = (box: Sandbox, newId: () => string): Sandbox => {
  let done: string | undefined;
  const exec: Sandbox['exec'] = async (request) => {
    if (request.timeoutMs === undefined && !request.signal) return box.exec(request);
    if (request.signal?.aborted) return { ...nothing, exit: { kind: 'cancelled' } };
    const id = newId();
    const older = done ?? '';
    done = undefined;
    const pidFile = `/tmp/.ralph-${id}.pid`;
    try {
      return await watched(box, request, { id, pidFile, older });
    } finally {
      // Removed by the next command's wrapper: a whole exec for one file is too dear.
      done = pidFile;
    }
  };
  return {
    ...box,
    // The queue is passed first: what a request waits there is not taken from its timeout.
    exec: (request) => (request.unqueued || !box.queue ? exec(request) : box.queue(() => exec(request))),
  };
};

const nothing = { stdout: '', stderr: '', truncated: false, durationMs: 0 } as const;

interface Ticket {
  readonly id: string;
  readonly pidFile: string;
  readonly older: string;
}

const watched = async (box: Sandbox, request: ExecRequest, ticket: Ticket): Promise<ExecResult> => {
  const started = performance.now();
  const { timeoutMs, signal, ...plain } = request;
  const client = new AbortController();
  const tails = { stdout: createTail(), stderr: createTail() };
  const run = box.exec({
    ...plain,
    argv: script(LEADER, ticket.pidFile, ticket.older, ...request.argv),
    env: { ...request.env, [TAG]: ticket.id },
    signal: client.signal,
    onOutput: (chunk) => {
      tails[chunk.stream].push(chunk.text);
      request.onOutput?.(chunk);
    },
  });
  const first = await untilCut(run, timeoutMs, signal);
  if (typeof first === 'object') return first;
  const exit = { kind: first } as const;
  await Promise.race([endTree(box, ticket), pause(KILL_WAIT_MS)]);
  const settled = run.catch((error: unknown) => gone(error));
  const after = (await Promise.race([settled, pause(SETTLE_MS)])) ?? (await letGo(client, settled));
  if (after) return { ...after, exit };
  const { stdout, stderr } = tails;
  return {
    exit,
    stdout: stdout.text(),
    stderr: stderr.text(),
    truncated: true,
    durationMs: performance.now() - started,
  };
};

/** What the command itself threw is passed on; that the client broke off is what we wanted. */
const gone = (error: unknown): undefined => {
  if (error instanceof RalphError) return undefined;
  throw error;
};

const letGo = (
  client: AbortController,
  settled: Promise<ExecResult | undefined>,
): Promise<ExecResult | undefined> => {
  client.abort();
  return Promise.race([settled, pause(KILL_WAIT_MS)]);
};

/** Ends every process that carries the tag with this id, and the group of the pid in `pidFile`. */
export const killRequest = (id: string, pidFile: string): ExecRequest => ({
  argv: script(KILL, pidFile, `${TAG}=${id}`),
  cwd: '/',
  timeoutMs: KILL_WAIT_MS,
  unqueued: true,
});

const endTree = async (box: Sandbox, { id, pidFile }: Ticket): Promise<void> => {
  // A failed kill changes nothing: the caller goes on to its own means.
  await box.exec(killRequest(id, pidFile)).catch(() => undefined);
};

const pause = (ms: number): Promise<undefined> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms, undefined).unref();
  });

const untilCut = (
  run: Promise<ExecResult>,
  timeoutMs?: number,
  signal?: AbortSignal,
): Promise<ExecResult | Cut> =>
  new Promise((resolve, reject) => {
    const abort = (): void => resolve('cancelled');
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => resolve('timeout'), Math.min(timeoutMs, LONGEST_TIMER_MS));
    signal?.addEventListener('abort', abort, { once: true });
    const release = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    run.then(resolve, reject).finally(release);
  });
