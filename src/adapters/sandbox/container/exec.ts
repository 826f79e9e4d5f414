import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { RalphError } from '../../../domain/error.ts';
import type { Exit } from '../../../domain/exit.ts';
import type { Channel, ExecRequest, ExecResult } from '../../../ports/sandbox.ts';
import { collectOutput } from '../../process-output.ts';
import { lineQueue } from '../../process-queue.ts';
import type { Engine } from './connection.ts';
import { WORKDIR } from './container-options.ts';
import { isNotFound, isNotListening, lost, translate } from './errors.ts';
import { createDemultiplexer } from './frames.ts';

const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** How long a helper may take to end after its input has ended. */
const CLOSE_GRACE_MS = 500;
const LONGEST_POLL_MS = 500;
/** From here on an exit may mean that the container itself has ended: 125 to 127 are the engine's, 128+n a signal. */
const SUSPICIOUS = 125;

/** A container that is there by this name. */
export interface Target {
  readonly engine: Engine;
  readonly name: string;
}
type Order = Pick<ExecRequest, 'argv' | 'cwd' | 'env'> & { readonly stdin?: true; readonly user?: string };
interface Started {
  readonly id: string;
  /** Both directions of the connection: the engine's frames come in, standard input goes out. */
  readonly socket: Duplex;
}

/**
 * Runs a command over the engine's API. A signal death is seen as the engine tells it: as exit code 128+n. On a
 * timeout or cancel only our end is closed; `supervise` ends the processes inside. Throws RalphError
 * `sandbox.unavailable` when the container or the engine went away, and what `onOutput` throws.
 */
export const execIn = async (
  target: Target,
  request: ExecRequest & { readonly user?: string },
): Promise<ExecResult> => {
  const began = performance.now();
  const output = collectOutput(request);
  const result = (exit: Exit): ExecResult => ({
    exit,
    ...output.finish(),
    durationMs: performance.now() - began,
  });
  if (request.signal?.aborted) return result({ kind: 'cancelled' });
  const cut = watchCut(request);
  try {
    const started = start(target, request);
    const first = await Promise.race([started, cut.promise]);
    if (typeof first === 'string') {
      // What comes up too late is let go of.
      void started.then(({ socket }) => socket.destroy()).catch(() => undefined);
      return result({ kind: first });
    }
    const { id, socket } = first;
    const drained = drain(socket, createDemultiplexer(output.take));
    const why = await Promise.race([drained, cut.promise]);
    socket.destroy();
    if (why !== undefined) return result({ kind: why });
    return result({ kind: 'code', code: await exitCode(target, id) });
  } finally {
    cut.release();
  }
};

/** A long-lived helper's stdin and stdout; what it writes to stderr is dropped. */
export const openIn = async (target: Target, argv: Order['argv']): Promise<Channel> => {
  const { socket } = await start(target, { argv, stdin: true });
  const lines = lineQueue();
  const demultiplex = createDemultiplexer((stream, chunk) => {
    if (stream === 'stdout') lines.take(chunk);
  });
  void drain(socket, demultiplex)
    .catch(() => undefined)
    .finally(() => {
      socket.destroy();
      lines.end();
    });
  return {
    write: (text) => void (socket.writable && socket.write(text)),
    lines: lines.read(),
    close: () => {
      socket.end();
      setTimeout(() => socket.destroy(), CLOSE_GRACE_MS).unref();
    },
  };
};

/** Unpacks inside, by the container's own tar: no link in the work tree can lead it out of the container. */
export const putInto = async (target: Target, tar: AsyncIterable<Uint8Array>, dir: string): Promise<void> => {
  const output = collectOutput({});
  const { id, socket } = await start(target, { argv: ['tar', '-xmof', '-', '-C', dir], stdin: true });
  const drained = drain(socket, createDemultiplexer(output.take));
  const ended = drained.then(
    () => true,
    () => true,
  );
  try {
    for await (const part of tar) {
      // A tar that has failed takes no more: its exit tells the story.
      if (!socket.writable) break;
      if (!socket.write(part)) await Promise.race([once(socket, 'drain').catch(() => undefined), ended]);
    }
    socket.end();
    await drained;
  } finally {
    socket.destroy();
  }
  const code = await exitCode(target, id);
  if (code === 0) return;
  throw new RalphError('sandbox.exec', `cannot unpack into ${dir}: ${output.finish().stderr.trim()}`);
};

const start = async ({ engine, name }: Target, order: Order): Promise<Started> => {
  const { argv, cwd, env, stdin, user } = order;
  try {
    const exec = await engine.ask(({ docker }) =>
      docker.getContainer(name).exec({
        Cmd: [...argv],
        AttachStdin: stdin === true,
        AttachStdout: true,
        AttachStderr: true,
        WorkingDir: cwd ?? WORKDIR,
        Env: Object.entries(env ?? {}).map(([key, value]) => `${key}=${value}`),
        ...(user !== undefined && { User: user }),
      }),
    );
    return { id: exec.id, socket: await exec.start({ hijack: true, stdin: stdin === true }) };
  } catch (error) {
    await assertRuns({ engine, name });
    throw translate(engine.traits, `cannot run ${argv[0]} in ${name}`, error);
  }
};

/** Settles when the engine has closed its end; a broken connection rejects, as does what `take` throws. */
const drain = (socket: Duplex, take: (chunk: Buffer) => void): Promise<undefined> =>
  new Promise((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        reject(error);
        socket.destroy();
      }
    });
    socket.once('end', () => resolve(undefined));
    socket.once('close', () => resolve(undefined));
    // Which side broke off: asking how the command ended will show it.
    socket.once('error', () => resolve(undefined));
  });

/** Waits for the end of a command whose streams have ended. Throws where the container or the engine is gone. */
const exitCode = async (target: Target, id: string): Promise<number> => {
  const { engine, name } = target;
  for (let wait = 2; ; wait = Math.min(wait * 2, LONGEST_POLL_MS)) {
    // No second try here: an engine that ended in between took the rest of the output with it.
    const found = await engine
      .connect()
      .then(({ docker }) => docker.getExec(id).inspect())
      .catch((error: unknown) => error as Error);
    if (found instanceof Error) {
      await assertRuns(target);
      const why = isNotListening(found)
        ? 'lost its engine during a command'
        : 'does not know the command any more';
      throw isNotFound(found) || isNotListening(found)
        ? lost(engine.traits, name, why)
        : translate(engine.traits, `cannot learn how a command in ${name} ended`, found);
    }
    const code = found.Running ? undefined : (found.ExitCode ?? -1);
    if (code !== undefined) {
      if (code < 0 || code >= SUSPICIOUS) await assertRuns(target);
      if (code >= 0) return code;
      throw lost(engine.traits, name, 'does not say how a command ended');
    }
    await pause(wait);
  }
};

/** Throws RalphError `sandbox.unavailable` unless the container runs, and says what has become of it. */
export const assertRuns = async ({ engine, name }: Target): Promise<void> => {
  const { traits } = engine;
  try {
    const { State: state } = await engine.ask(({ docker }) => docker.getContainer(name).inspect());
    if (state.Running) return;
    throw lost(traits, name, state.OOMKilled ? 'has ended: it was out of memory' : 'has ended');
  } catch (error) {
    throw isNotFound(error)
      ? lost(traits, name, 'is gone')
      : translate(traits, `cannot look at ${name}`, error);
  }
};

const watchCut = ({ timeoutMs, signal }: ExecRequest) => {
  const { promise, resolve } = Promise.withResolvers<'timeout' | 'cancelled'>();
  const abort = (): void => resolve('cancelled');
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => resolve('timeout'), Math.min(timeoutMs, LONGEST_TIMER_MS));
  signal?.addEventListener('abort', abort, { once: true });
  return {
    promise,
    release: (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    },
  };
};
