import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, expect } from 'vitest';
import { systemClock } from '../../../src/adapters/host/clock.ts';
import { createRunHomes } from '../../../src/adapters/host/run-homes.ts';
import { RalphError } from '../../../src/domain/error.ts';
import type { RunEvent } from '../../../src/domain/event.ts';
import type { RunHome, RunHomes } from '../../../src/ports/run-home.ts';
import type { RunRepo } from '../../../src/ports/run-repo.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).toReversed()) step();
});

/** Runs after the test, the last one first. */
export const later = (step: () => void): void => {
  undo.push(step);
};

export const makeFolder = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'ralph-home-'));
  later(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};

export const homesIn = (dir: string, redact: (text: string) => string = (text) => text): RunHomes =>
  createRunHomes({ dir, clock: systemClock, makeRepo: (path) => ({ dir: path }) as RunRepo, redact });

export const createRun = (homes: RunHomes, id = 'run-1'): RunHome => {
  const home = homes.create(id);
  later(home.release);
  return home;
};

export const openRun = (homes: RunHomes, id = 'run-1'): RunHome => {
  const home = homes.open(id);
  if (home === 'locked') throw new Error(`${id} is locked`);
  later(home.release);
  return home;
};

export const warning = (text: string): RunEvent => ({ type: 'warning', about: 'test', text });

/** The RalphError that `act` throws. */
export const failure = (act: () => unknown): RalphError => {
  try {
    act();
  } catch (error) {
    if (error instanceof RalphError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

export interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  /** Waits for a line of its output that is or begins with `text`; fails when the process ends before. */
  said(text: string): Promise<string>;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** A real process that runs `code` with `homes` (on `dir`) and `fs` in scope. */
export const startChild = (dir: string, code: string): Child => {
  const source = (file: string): string => JSON.stringify(resolve(import.meta.dirname, '../../../src', file));
  const program = `
    import * as fs from 'node:fs';
    import { createRunHomes } from ${source('adapters/host/run-homes.ts')};
    import { systemClock } from ${source('adapters/host/clock.ts')};
    const homes = createRunHomes({ dir: ${JSON.stringify(dir)}, clock: systemClock, makeRepo: (dir) => ({ dir }), redact: (text) => text });
    ${code}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'pipe' });
  later(() => child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  const heard = (): void => {
    for (const check of waiting) check();
  };
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
    heard();
  });
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((done) =>
    child.on('close', (exit) => done({ code: exit, stdout, stderr })),
  );
  const said = (text: string): Promise<string> =>
    new Promise((done, fail) => {
      const check = (): void => {
        const line = stdout
          .split('\n')
          .slice(0, -1)
          .find((candidate) => candidate.startsWith(text));
        if (line === undefined) return;
        waiting.delete(check);
        done(line);
      };
      waiting.add(check);
      check();
      void ended.then(() => fail(new Error(`the child ended without saying ${text}: ${stderr}`)));
    });
  return { process: child, said, ended };
};

/** Resolves when `holds` does; fails after 20 s. */
export const until = async (holds: () => boolean): Promise<void> => {
  const end = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error('waited for 20 s in vain');
    await new Promise((done) => setTimeout(done, 10));
  }
};

/** Written without a look at the program: the crc is taken out by a regular expression and counted anew. */
export const checkIndependently = (log: string): number => {
  const lines = readFileSync(log, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  for (const [i, line] of lines.entries()) {
    const found = /^(.*),"crc":"([0-9a-f]{8})"\}$/su.exec(line);
    expect(found).not.toBeNull();
    const json = `${found?.[1]}}`;
    expect(crc32(Buffer.from(json, 'utf8')).toString(16).padStart(8, '0')).toBe(found?.[2]);
    expect((JSON.parse(line) as { seq: number }).seq).toBe(i + 1);
  }
  return lines.length;
};
