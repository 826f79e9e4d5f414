import { limitRow, median, type Bench, type Row } from './row.ts';
import { makeFleet, writeLines } from './screen-fleet.ts';
import { nap, openSession, rssOf } from './screen-session.ts';
import { builtMain, needBuild } from './start.ts';

const RATE = 2_000;
/** What a person does now and then: opens a run, looks into its tabs, goes back, moves on. */
const TOUR = ['j', 'j', '\r', '2', 'G', 'g', '3', '4', '7', '\u001B', '/', 'api', '\r', '\u001B', 'G', 'k'];

/** Not part of a whole bench: `npm run bench -- soak --minutes 30` (480 for a night). */
export const benchSoak =
  (minutes: number): Bench =>
  async ({ say }) => {
    needBuild();
    const fleet = makeFleet(1000);
    const end = Date.now() + minutes * 60_000;
    const session = openSession([builtMain], fleet.env, { emulate: false });
    const samples: number[] = [];
    try {
      await session.firstSeen('ITER');
      for (let turn = 0; Date.now() < end; turn += 1) {
        const writing = writeLines(fleet, { rate: RATE, seconds: 20, kind: 'output' });
        for (const key of TOUR) {
          session.press(key);
          await nap(500);
        }
        await writing;
        samples.push(rssOf(session.pid));
        if (turn % 3 === 0)
          say(`  ${Math.round((end - Date.now()) / 60_000)} min left: ${samples.at(-1)!.toFixed(0)} MB`);
      }
      session.press('q');
      await session.ended;
    } finally {
      session.kill();
      fleet.destroy();
    }
    const third = Math.max(1, Math.floor(samples.length / 3));
    const growth = median(samples.slice(-third)) / median(samples.slice(third, 2 * third));
    const flat: Row = {
      what: `memory of the last third of ${minutes} min against the second`,
      unit: 'x',
      floor: undefined,
      ours: growth,
      ratio: undefined,
      goal: '<= 1.1',
      ok: growth <= 1.1,
    };
    return [limitRow({ what: 'most memory in the soak', ours: Math.max(...samples), limit: 350 }), flat];
  };
