import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createGates } from '../../src/adapters/proxy/create-gates.ts';
import type { Call, Took } from './proxy-ends.ts';
import { median, type Bench, type Row } from './row.ts';

const LIMIT_MS = 5;
const LEAST_MB_S = 50;

const openGate = async (upstream: string, dir: string) => {
  const gates = createGates({
    env: { ANTHROPIC_BASE_URL: upstream },
    tokens: {
      find: () => Promise.resolve({ kind: 'api-key', value: 'sk-bench-0123456789', from: 'the bench' }),
      set: () => Promise.reject(new Error('not here')),
      remove: () => Promise.resolve([]),
    },
    prices: () => Promise.resolve({ inputPerMtok: 1, outputPerMtok: 5 }),
    now: () => new Date(),
    allow: [],
    gitAuth: () => Promise.resolve(undefined),
  });
  const gate = await gates.open({ run: 'bench', dir, onCall: () => undefined });
  const session = await gate.session({
    agent: 'claude',
    profile: 'bench',
    meter: { reserve: () => ({ call: '1' }), settle: () => undefined },
    signal: new AbortController().signal,
  });
  return { gate, key: session.phantom };
};

/** What the gate adds to a call of 40 kB, and how fast an event stream goes through it. */
export const benchProxy: Bench = async ({ quick }) => {
  const dir = mkdtempSync(join(tmpdir(), 'ralph-bench-proxy-'));
  const ends = new Worker(new URL('./proxy-ends.ts', import.meta.url));
  const [url] = (await once(ends, 'message')) as [string];
  const call = async (asked: Call): Promise<Took> => {
    ends.postMessage(asked);
    const [took] = (await once(ends, 'message')) as [Took];
    return took;
  };
  const { gate, key } = await openGate(url, dir);
  const ways = { direct: { url, key }, gate: { url: gate.url, key } };
  const first = { direct: [] as number[], gate: [] as number[] };
  for (let round = -20; round < (quick ? 50 : 300); round += 1)
    for (const way of ['direct', 'gate'] as const) {
      const { firstMs } = await call(ways[way]);
      if (round >= 0) first[way].push(firstMs);
    }
  const speeds: number[] = [];
  for (let round = -1; round < (quick ? 1 : 5); round += 1) {
    const { bytes, seconds } = await call({ ...ways.gate, megabytes: quick ? 50 : 200 });
    if (round >= 0) speeds.push(bytes / 1e6 / seconds);
  }
  const straight = await call({ ...ways.direct, megabytes: 200 });
  await ends.terminate();
  await gate.close();
  rmSync(dir, { recursive: true, force: true });
  const [floor, ours, speed] = [median(first.direct), median(first.gate), median(speeds)];
  const bytesFirst: Row = {
    what: 'gate: first byte of a call, against direct',
    unit: 'ms',
    floor,
    ours,
    ratio: ours / floor,
    goal: `< ${LIMIT_MS} ms more`,
    ok: ours - floor < LIMIT_MS,
    note: `adds ${(ours - floor).toFixed(2)} ms (median of ${first.gate.length})`,
  };
  const streaming: Row = {
    what: 'gate: event stream, MB a second',
    unit: 'MB',
    floor: undefined,
    ours: speed,
    ratio: undefined,
    goal: `>= ${LEAST_MB_S} MB/s`,
    ok: speed >= LEAST_MB_S,
    note: `direct ${(straight.bytes / 1e6 / straight.seconds).toFixed(0)} MB/s; provider and client share another thread`,
  };
  return [bytesFirst, streaming];
};
