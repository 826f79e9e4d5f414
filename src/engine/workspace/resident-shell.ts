import type { Channel, ExecRequest, ExecResult, Sandbox } from '../../ports/sandbox.ts';
import { createAnswer, type Answer } from './shell-answer.ts';
import { greeting, requestText } from './shell-loop.ts';
import { killRequest, TAG } from './supervise.ts';

const START_MS = 10_000;
/** A shell that nobody needs for so long is let go of: it holds a connection to the sandbox. */
const IDLE_MS = 60_000;
/** After so many losses in a row there is none any more. */
const MOST_LOSSES = 3;

interface Shell {
  readonly channel: Channel;
  /** Carried by it and by all that it starts. */
  readonly id: string;
  ended: boolean;
  /** Whether it tells of deaths by signal. */
  tells: boolean;
  /** Who waits for its lines, and for its end (undefined). */
  listener: ((line: string | undefined) => void) | undefined;
  idle: NodeJS.Timeout | undefined;
}
type How = 'done' | 'lost' | 'timeout';

const close = (shell: Shell): void => {
  clearTimeout(shell.idle);
  shell.ended = true;
  shell.channel.close();
};

/** Hands the lines to whoever waits; a line that nobody has asked for ends the shell. */
const listen = async (shell: Shell): Promise<void> => {
  try {
    for await (const line of shell.channel.lines) {
      if (shell.listener === undefined) break;
      shell.listener(line);
    }
  } catch {
    // A connection that broke has ended.
  }
  close(shell);
  shell.listener?.(undefined);
};

const ask = (shell: Shell, text: string, wait: { answer: Answer; timeoutMs: number | undefined }) =>
  new Promise<How>((resolve, reject) => {
    const settle = (how: How): void => {
      clearTimeout(timer);
      shell.listener = undefined;
      resolve(how);
    };
    const timer =
      wait.timeoutMs === undefined ? undefined : setTimeout(() => settle('timeout'), wait.timeoutMs);
    shell.listener = (line) => {
      try {
        const how = line === undefined ? 'nonsense' : wait.answer.take(line);
        if (how !== 'more') settle(how === 'done' ? 'done' : 'lost');
      } catch (error) {
        // The caller's own `onOutput` threw.
        reject(error as Error);
        settle('lost');
      }
    };
    shell.channel.write(text);
  });

const start = async (open: NonNullable<Sandbox['open']>, id: string): Promise<Shell | undefined> => {
  const channel = await open(['env', `${TAG}=${id}`, 'sh']);
  const shell: Shell = { channel, id, ended: false, tells: false, listener: undefined, idle: undefined };
  void listen(shell);
  const answer = createAnswer(id, { argv: ['sh'] }, true);
  const how = await ask(shell, greeting(id), { answer, timeoutMs: START_MS });
  if (how === 'done') {
    shell.tells = answer.toldSignal;
    return shell;
  }
  close(shell);
  return undefined;
};

const LOST = 'the shell that ran it was lost\n';

interface Order {
  readonly request: ExecRequest;
  readonly id: string;
  readonly text: string;
}

/** Undefined for what is not for the shell. */
const orderOf = (request: ExecRequest, workdir: string, newId: () => string): Order | undefined => {
  if (!request.short || request.signal) return undefined;
  const id = newId();
  const text = requestText(id, request, workdir);
  return text === undefined ? undefined : { request, id, text };
};

/** Ends a shell with all that it has started. Throws where the sandbox itself is gone. */
const end = async (box: Sandbox, shell: Shell): Promise<void> => {
  close(shell);
  await box.exec(killRequest(shell.id, ''));
};

/** How it went for the shell, and the result. Throws what `onOutput` throws, and where the sandbox is gone. */
const runIn = async (
  box: Sandbox,
  shell: Shell,
  { request, id, text }: Order,
): Promise<{ readonly how: How; readonly result: ExecResult }> => {
  clearTimeout(shell.idle);
  const answer = createAnswer(id, request, shell.tells);
  let how: How = 'lost';
  try {
    how = await ask(shell, text, { answer, timeoutMs: request.timeoutMs });
  } finally {
    if (how !== 'done') await end(box, shell);
  }
  if (how === 'timeout') return { how, result: answer.broken({ kind: how }, '') };
  if (how === 'lost') return { how, result: answer.broken({ kind: 'signal', signal: 'SIGKILL' }, LOST) };
  shell.idle = setTimeout(close, IDLE_MS, shell).unref();
  return { how, result: answer.result() };
};

/**
 * `short` requests without a signal go through one shell that stays in the sandbox, one at a time; all others, and
 * those that come meanwhile, through `box.exec`. Where the shell is lost in the middle of a request nobody knows how
 * far that came. It is not repeated, because some append and commit: all that is left of it is killed, and it counts
 * as killed, as it would with a process of its own. The next request gets a new shell. `box`: a supervised one.
 * `newId`: lower-case letters and digits.
 */
export const withResidentShell = (box: Sandbox, newId: () => string): Sandbox => {
  const { open, queue = (task) => task() } = box;
  if (open === undefined) return box;
  let shell: Shell | undefined;
  let losses = 0;
  let isBusy = false;

  const run = async (order: Order): Promise<ExecResult | undefined> => {
    if (shell?.ended !== false) shell = await start(open, newId()).catch(() => undefined);
    // What it costs to try is paid again only a few times.
    losses += 1;
    if (shell === undefined) return undefined;
    const { how, result } = await runIn(box, shell, order);
    if (how !== 'lost') losses = 0;
    return result;
  };
  const exec = async (request: ExecRequest): Promise<ExecResult> => {
    const order = isBusy || losses >= MOST_LOSSES ? undefined : orderOf(request, box.workdir, newId);
    if (order === undefined) return box.exec(request);
    isBusy = true;
    // Not within the turn in the queue: there `box.exec` would wait for a second one.
    const result = await queue(() => run(order)).finally(() => {
      isBusy = false;
    });
    return result ?? box.exec(request);
  };
  const before = (work: () => Promise<void>) => (): Promise<void> => {
    if (shell !== undefined) close(shell);
    return work();
  };
  return { ...box, exec, stop: before(box.stop), destroy: before(box.destroy) };
};
