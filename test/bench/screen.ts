import { join } from 'node:path';
import { limitRow, median, ratioRow, type Bench, type Row } from './row.ts';
import { makeFleet, writeLines, type Fleet } from './screen-fleet.ts';
import { cpuOf, nap, openSession, rssOf, type Session } from './screen-session.ts';
import { builtMain, needBuild } from './start.ts';

const here = import.meta.dirname;
const RATE = 10_000;
const FLOOD = 50_000;

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!;

/** A row whose goal is a plain limit, in the row's own unit. */
const plainRow = (row: {
  readonly what: string;
  readonly ours: number;
  readonly goal: string;
  readonly ok: boolean;
  readonly unit?: Row['unit'];
}): Row => ({
  what: row.what,
  unit: row.unit ?? '',
  floor: undefined,
  ours: row.ours,
  ratio: undefined,
  goal: row.goal,
  ok: row.ok,
});

const firstFrames = async (fleet: Fleet, rounds: number): Promise<Row> => {
  const floor: number[] = [];
  const ours: number[] = [];
  for (let round = -2; round < rounds; round += 1) {
    const started = performance.now();
    await openSession(['-e', '0'], fleet.env, { emulate: false }).ended;
    const bare = performance.now() - started;
    const session = openSession([builtMain], fleet.env, { emulate: false });
    const first = await session.firstSeen('ITER');
    session.press('q');
    await session.ended;
    if (round < 0) continue;
    floor.push(bare);
    ours.push(first);
  }
  return ratioRow({
    what: `first frame with ${fleet.runs} runs against node -e 0`,
    floor,
    ours,
    most: 7,
    note: 'aim 6; both in a pseudo-terminal',
  });
};

interface Load {
  readonly fps: number;
  readonly cpuPerFrame: number;
  readonly keys: readonly number[];
}

const cursorRow = (session: Session): number => session.lines().findIndex((line) => line.startsWith('▸'));

/** Keys while lines come in: each moves the cursor, and counts until the screen shows it there. */
const pressKeys = async (session: Session, until: number): Promise<readonly number[]> => {
  const times: number[] = [];
  let down = true;
  while (performance.now() < until) {
    const from = cursorRow(session);
    times.push(await session.keyToFrame(down ? 'j' : 'k', () => cursorRow(session) !== from));
    down = !down;
    await nap(120 + Math.random() * 80);
  }
  return times;
};

const underLoad = async (fleet: Fleet, seconds: number): Promise<Load> => {
  const session = openSession([builtMain], fleet.env, { emulate: true });
  await session.firstSeen('ITER');
  await nap(2500);
  // A key, so that the screen counts as used; the cursor goes back to the two runs whose logs are looked at.
  session.press('j');
  await nap(100);
  session.press('k');
  const writing = writeLines(fleet, { rate: RATE, seconds: seconds + 2, kind: 'output' });
  await nap(1500);
  const before = { cpu: cpuOf(session.pid), frames: session.frames, at: performance.now() };
  const keys = await pressKeys(session, before.at + seconds * 1000);
  const frames = session.frames - before.frames;
  const cpu = cpuOf(session.pid) - before.cpu;
  const elapsed = performance.now() - before.at;
  await writing;
  session.press('q');
  await session.ended;
  return { fps: (frames * 1000) / elapsed, cpuPerFrame: cpu / frames, keys };
};

const bareWriter = async (fleet: Fleet, seconds: number): Promise<number> => {
  const args = [join(here, 'screen-floor.ts'), fleet.runs, RATE, 30, seconds + 1].map(String);
  const session = openSession(args, fleet.env, { emulate: false });
  await nap(800);
  const before = cpuOf(session.pid);
  await nap(seconds * 1000 - 1000);
  const cpu = cpuOf(session.pid) - before;
  session.kill();
  await session.ended;
  return cpu / ((seconds - 1) * 30);
};

/** The three sides take turns, so that what else the machine does meets all of them. */
const loadRows = async (
  fleets: readonly [Fleet, Fleet],
  options: { readonly rounds: number; readonly seconds: number },
): Promise<readonly Row[]> => {
  const [big, small] = fleets;
  const floor: number[] = [];
  const few: Load[] = [];
  const many: Load[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    floor.push(await bareWriter(big, options.seconds));
    few.push(await underLoad(small, options.seconds));
    many.push(await underLoad(big, options.seconds));
  }
  const fps = median(many.map((load) => load.fps));
  const cpuPerFrame = many.map((load) => load.cpuPerFrame);
  const keys = many.flatMap((load) => load.keys);
  const p50 = median(keys);
  const p95 = median(many.map((load) => percentile(load.keys, 0.95)));
  return [
    plainRow({
      what: `frames/s, ${big.runs} runs, ${RATE} lines/s`,
      ours: fps,
      goal: '>= 30',
      ok: fps >= 30,
    }),
    ratioRow({
      what: 'CPU a frame against a bare ANSI writer',
      floor,
      ours: cpuPerFrame,
      most: 18,
      note: 'aim 14; both take the lines in: from 1,000 logs on disk, from one pipe',
    }),
    ratioRow({
      what: `CPU a frame, ${big.runs} runs against ${small.runs}`,
      floor: few.map((load) => load.cpuPerFrame),
      ours: cpuPerFrame,
      most: 1.2,
    }),
    plainRow({
      what: `key to frame, median of ${keys.length}`,
      unit: 'ms',
      ours: p50,
      goal: '<= 20',
      ok: p50 <= 20,
    }),
    plainRow({
      what: `key to frame, p95, median of ${many.length} rounds`,
      unit: 'ms',
      ours: p95,
      goal: '<= 60',
      ok: p95 <= 60,
    }),
  ];
};

/** Every line costs a cent, so the header's total says how many of them were taken. */
const centsShown = (session: Session): number =>
  Math.round(Number(/\$([\d.]+)/.exec(session.lines()[0] ?? '')?.[1] ?? 0) * 100);

const floodRows = async (fleet: Fleet, seconds: number): Promise<readonly Row[]> => {
  const session = openSession([builtMain], fleet.env, { emulate: true });
  await session.firstSeen('ITER');
  await nap(3000);
  const before = { cpu: cpuOf(session.pid), at: performance.now(), cents: centsShown(session) };
  const written = await writeLines(fleet, { rate: FLOOD, seconds, kind: 'priced' });
  const cores = (cpuOf(session.pid) - before.cpu) / (performance.now() - before.at);
  await nap(1500);
  const share = (centsShown(session) - before.cents) / written;
  const rss = rssOf(session.pid);
  session.press('q');
  await session.ended;
  return [
    plainRow({
      what: `taken of ${FLOOD} lines/s`,
      ours: share * 100,
      goal: '>= 99 %',
      ok: share >= 0.99 && share < 1.001,
    }),
    plainRow({ what: 'cores used meanwhile', ours: cores, goal: '< 1', ok: cores < 1 }),
    limitRow({ what: 'memory after it', ours: rss, limit: 350 }),
  ];
};

const idleRows = async (fleet: Fleet, seconds: number): Promise<readonly Row[]> => {
  const session = openSession([builtMain], { ...fleet.env, RALPH_INCREMENTAL: 'on' }, { emulate: true });
  await session.firstSeen('ITER');
  await nap(15_000);
  const before = { cpu: cpuOf(session.pid), frames: session.frames };
  await nap(seconds * 1000);
  const frames = session.frames - before.frames;
  const share = ((cpuOf(session.pid) - before.cpu) / (seconds * 1000)) * 100;
  const start = session.bytes;
  session.press('\u000C');
  await nap(500);
  const full = session.bytes - start;
  const from = session.bytes;
  await writeLines({ ...fleet, runs: 1 }, { rate: 20, seconds: 0.05, kind: 'output' });
  await nap(700);
  const line = session.bytes - from;
  session.press('q');
  await session.ended;
  return [
    plainRow({ what: `frames in ${seconds} idle seconds`, ours: frames, goal: '0', ok: frames === 0 }),
    plainRow({ what: 'CPU while idle, %', ours: share, goal: '< 0.5', ok: share < 0.5 }),
    plainRow({
      what: `one changed line, % of a full frame's ${full} bytes`,
      ours: (line / full) * 100,
      goal: '<= 5',
      ok: line > 0 && line / full <= 0.05,
    }),
  ];
};

const withFleets = async (
  quick: boolean,
  work: (big: Fleet, small: Fleet) => Promise<readonly Row[]>,
): Promise<readonly Row[]> => {
  needBuild();
  const big = makeFleet(quick ? 200 : 1000);
  const small = makeFleet(quick ? 20 : 100);
  try {
    return await work(big, small);
  } finally {
    big.destroy();
    small.destroy();
  }
};

export const benchScreen: Bench = ({ quick, say }) =>
  withFleets(quick, async (big, small) => {
    const rows: Row[] = [await firstFrames(big, quick ? 5 : 20)];
    say('  first frames done');
    rows.push(
      ...(await loadRows([big, small], quick ? { rounds: 1, seconds: 4 } : { rounds: 3, seconds: 8 })),
    );
    say('  load done');
    rows.push(...(await floodRows(big, quick ? 2 : 6)));
    say('  flood done');
    rows.push(...(await idleRows(big, quick ? 5 : 20)));
    return rows;
  });

/** Only what the screen costs while many lines come in, more often. */
export const benchScreenLoad: Bench = ({ quick }) =>
  withFleets(quick, (big, small) =>
    loadRows([big, small], quick ? { rounds: 2, seconds: 4 } : { rounds: 7, seconds: 8 }),
  );
