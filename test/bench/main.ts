import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchFleet } from './fleet.ts';
import { benchIteration } from './iteration.ts';
import { benchList } from './list.ts';
import { benchOutput } from './output.ts';
import { renderRows, type Bench, type Row } from './row.ts';
import { benchScreen, benchScreenLoad } from './screen.ts';
import { benchSoak } from './soak.ts';
import { benchStart } from './start.ts';

const root = join(import.meta.dirname, '../..');
const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, minutes: { type: 'string', default: '30' } },
  allowPositionals: true,
});
const benches: Readonly<Record<string, Bench>> = {
  start: benchStart,
  list: benchList,
  iteration: benchIteration,
  fleet: benchFleet,
  output: benchOutput,
  screen: benchScreen,
  'screen-load': benchScreenLoad,
  soak: benchSoak(Number(values.minutes)),
};

/** Half an hour is not for a whole bench, and one is a part of another. */
const onlyByName = new Set(['soak', 'screen-load']);

const unknown = positionals.find((name) => benches[name] === undefined);
if (unknown !== undefined) {
  process.stderr.write(`no bench ${unknown}; there are ${Object.keys(benches).join(', ')}\n`);
  process.exit(2);
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const rows: Row[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (positionals.length > 0 ? !positionals.includes(name) : onlyByName.has(name)) continue;
  say(`${name} ...`);
  rows.push(...(await bench({ quick: values.quick, say })));
}
process.stdout.write(`${renderRows(rows)}\n`);
const { versions, platform, arch } = process;
const result = {
  at: new Date().toISOString(),
  node: versions.node,
  platform,
  arch,
  quick: values.quick,
  rows,
};
mkdirSync(join(root, '.bench'), { recursive: true });
writeFileSync(join(root, '.bench/results.json'), `${JSON.stringify(result, undefined, 2)}\n`);
process.exitCode = rows.every((row) => row.ok) ? 0 : 1;
