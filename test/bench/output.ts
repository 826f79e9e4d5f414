import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { OutputCost } from './output-child.ts';
import { limitRow, type Bench, type Row } from './row.ts';

const MOST_KEPT = 400_000;

/** A command that prints 10 GB: what of it stays in memory and on disk. */
export const benchOutput: Bench = ({ quick }) => {
  const gigabytes = quick ? 1 : 10;
  const child = join(import.meta.dirname, 'output-child.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [child, String(gigabytes * 1e9)]);
  if (status !== 0) throw new Error(`the child ended with ${status}: ${stderr.toString()}`);
  const cost = JSON.parse(stdout.toString()) as OutputCost;
  const what = `${gigabytes} GB of output`;
  const kept: Row = {
    what: `${what}: kept in test_output.txt`,
    unit: 'MB',
    floor: undefined,
    ours: cost.fileBytes / 1e6,
    ratio: undefined,
    goal: `both ends, < ${MOST_KEPT / 1e6} MB`,
    ok: cost.keepsBothEnds && cost.fileBytes < MOST_KEPT && cost.logBytes < 2 * MOST_KEPT,
    note: `activity.log ${(cost.logBytes / 1e6).toFixed(2)} MB`,
  };
  const cold = `${(cost.before - cost.cold).toFixed(0)} MB more than before any command is V8's young generation at its full size`;
  const note = `after a first command of 100 MB (${cold}); ${cost.seconds.toFixed(0)} s, ${((gigabytes * 1000) / cost.seconds).toFixed(0)} MB/s`;
  return Promise.resolve([
    limitRow({ what: `${what}: growth of RSS`, ours: cost.peak - cost.before, limit: 50, note }),
    kept,
  ]);
};
