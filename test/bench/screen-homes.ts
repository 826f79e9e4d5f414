import { appendFileSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { encodeLine } from '../../src/adapters/host/log-lines.ts';
import { SCHEMA } from '../../src/domain/schema-mark.ts';
import { foldRunEntries } from '../../src/domain/run-state.ts';
import type { Entry, RunEvent } from '../../src/domain/event.ts';

/** A home whose log grows: entries with a right seq and crc, as a runner writes them. */
export interface GrowingLog {
  readonly id: string;
  append(events: readonly RunEvent[]): void;
}

const ITERATIONS = 30;
const words = ['api', 'login', 'orders', 'search', 'docs', 'billing', 'import', 'cache'];

const historyOf = (at: number): readonly RunEvent[] => [
  {
    type: 'run.created',
    task: `${words[at % words.length]}-${String(at).padStart(4, '0')}`,
    title: `Task number ${at}`,
    repo: `https://git.example/team/${words[(at * 3) % words.length]}.git`,
    baseBranch: 'main',
    baseSha: 'a'.repeat(40),
    branch: `ralph/task-${at}/work`,
    backend: at % 3 === 0 ? 'local' : 'podman',
    isolated: at % 3 !== 0,
    agent: 'actions',
    profile: 'default-cheap',
    steering: 'autonomous',
    budgets: {
      maxIterations: 60,
      maxWallTimeMinutes: 600,
      maxCostUsd: 20,
      maxTokensTotal: 5_000_000,
      maxConsecutiveGutter: 3,
    },
    boxes: [{ id: 'M1.1', text: 'It works' }],
  },
  { type: 'run.status', status: 'running' },
  ...Array.from({ length: ITERATIONS }, (_, i): readonly RunEvent[] => [
    { type: 'iteration.started', n: i + 1, startSha: 'b'.repeat(40), profile: 'default-cheap' },
    {
      type: 'loop.scored',
      n: i + 1,
      score: ((at + i) % 6) / 10,
      repeatedFailure: 0,
      stagnation: 0,
      thrash: 0,
      evidence: [],
    },
    { type: 'iteration.ended', n: i + 1, headSha: 'c'.repeat(40), ms: 1000, loopScore: 0.2, green: false },
  ]).flat(),
];

const entryOf = (id: string, seq: number, event: RunEvent): Entry => ({
  v: 1,
  seq,
  at: new Date().toISOString(),
  up: seq * 10,
  run: id,
  ...event,
});
const linesOf = (entries: readonly Entry[]): Buffer =>
  Buffer.concat(entries.map((entry) => encodeLine(JSON.stringify(entry))));

/** Makes a run home as a runner leaves it after `ITERATIONS` iterations, still running. */
export const makeGrowingHome = (dir: string, at: number): GrowingLog => {
  const id = `run${String(at).padStart(5, '0')}`;
  const home = join(dir, id);
  mkdirSync(join(home, '.ralph/control'), { recursive: true });
  writeFileSync(join(home, 'lock'), '');
  const entries = historyOf(at).map((event, i) => entryOf(id, i + 1, event));
  const log = join(home, '.ralph/activity.log');
  appendFileSync(log, linesOf(entries));
  const state = foldRunEntries(id, entries);
  writeFileSync(
    join(home, '.ralph/run.json'),
    `${JSON.stringify({ schema: SCHEMA, owner: 'supervisor', state }, undefined, 1)}\n`,
  );
  return growing(log, id);
};

/** The seq of the last entry of a log. */
const lastSeqOf = (log: string): number => {
  const last = readFileSync(log, 'utf8').trimEnd().split('\n').at(-1);
  return last === undefined || last === '' ? 0 : (JSON.parse(last) as { readonly seq: number }).seq;
};

/** A log that somebody else made, from its end on. */
export const growing = (log: string, id: string): GrowingLog => {
  let seq = lastSeqOf(log);
  let fd: number | undefined;
  return {
    id,
    append: (events) => {
      fd ??= openSync(log, 'a');
      writeSync(fd, linesOf(events.map((event) => entryOf(id, (seq += 1), event))));
    },
  };
};
