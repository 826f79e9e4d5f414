import { sized } from '../domain/sized.ts';
import { onward, pause, type Next } from './next.ts';
import { emit, theBox, type RunContext } from './run-context.ts';

const GIB = 1024 ** 3;
const LONGEST_LOOK_MS = 120_000;
/** From the first look of an iteration on the pauses grow: what fills a disk fast is seen soon. */
const FIRST_PAUSE_MS = 1000;
const USUAL_PAUSE_MS = 10_000;
/** A large tree takes its time: at most a twentieth of it goes into looking. */
const SHARE = 20;

/** What the work folder and the home of the sandbox take; undefined where it cannot be measured. */
const measure = async (ctx: RunContext): Promise<number | undefined> => {
  const box = theBox(ctx);
  // What cannot be read is not counted, and the total comes all the same.
  const script = 'du -skx "$1" "$HOME" 2>/dev/null';
  const { stdout } = await box.exec({
    argv: ['sh', '-c', script, 'du', box.workdir],
    timeoutMs: LONGEST_LOOK_MS,
  });
  const sizes = [...stdout.matchAll(/^(\d+)\s/gm)].map(([, kib]) => Number(kib) * 1024);
  return sizes.length === 0 ? undefined : sizes.reduce((sum, bytes) => sum + bytes, 0);
};

interface Room {
  readonly used: number | undefined;
  readonly problem: string | undefined;
}
const look = async (ctx: RunContext, limitGib: number): Promise<Room> => {
  const used = await measure(ctx);
  const isOver = used !== undefined && used > limitGib * GIB;
  const problem = isOver
    ? `the sandbox takes ${sized(used)} of ${limitGib} GiB (disk_gib): make room in its work folder, or raise disk_gib (ralph spec), then ralph resume`
    : undefined;
  return { used, problem };
};

const limitOf = (ctx: RunContext): number | undefined => ctx.task.sandboxResources?.diskGib;

/** Between iterations: pauses a run whose sandbox takes more than its task allows. No kernel holds this limit for us. */
export const checkDisk = async (ctx: RunContext): Promise<Next> => {
  const limit = limitOf(ctx);
  if (limit === undefined) return onward;
  const { used, problem } = await look(ctx, limit);
  if (used === undefined)
    emit(ctx, { type: 'warning', about: 'disk', text: 'what the sandbox takes on disk cannot be measured' });
  return problem === undefined ? onward : pause(ctx, 'disk full', problem);
};

/** While an iteration works: ends it where the limit is passed, so that one command cannot fill the disk. Returns the way to stop. */
export const watchDisk = (ctx: RunContext): (() => void) => {
  const limit = limitOf(ctx);
  const stop = new AbortController();
  if (limit !== undefined) void keepLooking(ctx, limit, stop.signal);
  return () => stop.abort();
};

const keepLooking = async (ctx: RunContext, limit: number, signal: AbortSignal): Promise<void> => {
  const { clock } = ctx.deps.host;
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    await clock.sleep(pauseMs, signal);
    if (signal.aborted) return;
    const began = clock.monotonicMs();
    // A sandbox that is lost shows where the iteration works in it.
    const { problem } = await look(ctx, limit).catch(() => ({ problem: undefined }));
    if (signal.aborted) return;
    if (problem !== undefined) return ctx.steer.ask({ kind: 'disk full', reason: problem });
    pauseMs = Math.max(Math.min(pauseMs * 2, USUAL_PAUSE_MS), (clock.monotonicMs() - began) * SHARE);
  }
};
