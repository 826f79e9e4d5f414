import { execFile, execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { builtMain } from './built.ts';
import { openTerminal, type RealTerminal, type TerminalOptions } from './terminal.ts';
import type { World } from './world.ts';

/** Keys as a terminal sends them. */
export const keys = {
  enter: '\r',
  esc: '\u001B',
  up: '\u001B[A',
  down: '\u001B[B',
  ctrlC: '\u0003',
  ctrlZ: '\u001A',
} as const;

type OpenOptions = Partial<Omit<TerminalOptions, 'argv'>>;

/** The built program in a terminal of its own. */
export const openScreen = (
  world: World,
  args: readonly string[] = [],
  options: OpenOptions = {},
): RealTerminal =>
  openTerminal({
    cwd: world.repo,
    ...options,
    argv: [process.execPath, builtMain(), ...args],
    env: { ...world.env, RALPH_BELL: 'off', ...options.env },
  });

/** A line of a POSIX shell in a terminal; `$RALPH` starts the built program in it. */
export const openShell = (world: World, script: string, options: OpenOptions = {}): RealTerminal =>
  openTerminal({
    cwd: world.repo,
    ...options,
    argv: ['sh', '-c', script],
    env: { ...world.env, RALPH: `${process.execPath} ${builtMain()}`, RALPH_BELL: 'off', ...options.env },
  });

export const shows = (text: string | RegExp) => (lines: readonly string[]) =>
  lines.some((line) => (typeof text === 'string' ? line.includes(text) : text.test(line)));

/** The line of the screen that holds a text. */
export const lineWith = (lines: readonly string[], text: string): string =>
  lines.find((line) => line.includes(text)) ?? '';

/** The first process below `pid` whose command line holds `text`. */
export const childOf = (pid: number, text: string): number => {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row))
    .filter((row) => row !== null);
  const found = rows.find(([, , parent, args]) => Number(parent) === pid && args!.includes(text));
  if (!found) throw new Error(`no child of ${pid} runs ${text}`);
  return Number(found[1]);
};

/** Polls until it holds; fails with `what` after some seconds. */
export const until = async (
  holds: () => boolean,
  what: string | (() => string),
  seconds = 30,
): Promise<void> => {
  const end = performance.now() + seconds * 1000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`never: ${typeof what === 'string' ? what : what()}`);
    await sleep(40);
  }
};

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** The built program without a terminal, to its end; what it printed. Fails on another exit code than 0. */
export const ralph = (world: World, ...args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [builtMain(), ...args],
      { cwd: world.repo, env: { ...world.env }, encoding: 'utf8' },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`ralph ${args.join(' ')}: ${stderr}`, { cause: error }));
        else resolve(stdout);
      },
    );
  });

/** Runs of a task file under the supervisor; their ids. */
export const launched = async (
  world: World,
  task: string,
  count: number,
): Promise<readonly [string, ...string[]]> => {
  world.app.files.writeText('ralph_task.md', task, { overwrite: true });
  const out = await ralph(
    world,
    'launch',
    '--json',
    '--count',
    String(count),
    '--concurrency',
    String(Math.max(2, count)),
  );
  const [first, ...more] = out
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { run: string }).run);
  if (first === undefined) throw new Error('nothing was launched');
  return [first, ...more];
};

/** A whole frame, after which the program has written nothing for a moment. */
export const settled = async (terminal: RealTerminal, calmMs = 150): Promise<readonly string[]> => {
  for (;;) {
    const seen = terminal.raw.length;
    await sleep(calmMs);
    const lines = await terminal.until(() => true, 'a whole frame');
    if (seen === terminal.raw.length) return lines;
  }
};

/** The pid that the supervisor's report names. */
export const supervisorPid = (world: World): number => world.app.supervisor.report()?.pid ?? 0;
