import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { encodeLine } from '../../../src/adapters/host/log-lines.ts';
import type { RunEvent } from '../../../src/domain/event.ts';
import { openScreen, settled, shows, until } from '../../fakes/screen.ts';
import type { RealTerminal } from '../../fakes/terminal.ts';
import { answer, answers, makeWorld, taskFile, type World } from '../../fakes/world.ts';

let world: World;
let screen: RealTerminal | undefined;
afterEach(() => {
  screen?.kill('SIGKILL');
  world.destroy();
});

const output = (text: string): RunEvent => ({ type: 'command.output', key: 'k', stream: 'stdout', text });
/** A run that has ended, and what writes on in its log as a runner would. */
const makeRun = async () => {
  world = await makeWorld({
    script: answers(answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2'])),
  });
  const { state } = await world.run(
    taskFile({ test: 'grep -q good file.txt', extra: 'sandbox_provider: local' }),
  );
  const log = join(world.app.homes.dir, state.id, '.ralph', 'activity.log');
  let seq = state.lastSeq;
  const write = (count: number, event: (i: number) => RunEvent): void => {
    const lines = Array.from({ length: count }, (_, i) => {
      seq += 1;
      const entry = { v: 1, seq, at: '2026-01-01T12:00:00.000Z', up: 0, run: state.id, ...event(i) };
      return encodeLine(JSON.stringify(entry));
    });
    appendFileSync(log, Buffer.concat(lines));
  };
  return { id: state.id, log, write };
};

it('follows, holds, searches, copies from and exports a log of many megabytes that grows', async () => {
  const { id, log, write } = await makeRun();
  for (let part = 0; part < 40; part += 1)
    write(2_000, (i) =>
      output(`${part}-${i} ${part === 3 && i === 7 ? 'the NEEDLE' : 'hay'} ${'x'.repeat(300)}\n`),
    );
  screen = openScreen(world, [], { columns: 120, rows: 30 });
  await screen.until(shows(id), 'the run');
  screen.press('l');
  await screen.until(
    (lines) => shows('│ 39-1999 hay')(lines) && shows(' following')(lines),
    'the end of the log',
  );

  write(1, () => output('something new\n'));
  await screen.until(shows('│ something new'), 'what was written');
  screen.press('f');
  const held = await screen.until(shows(' held'), 'that it is held');
  for (let part = 0; part < 20; part += 1) write(3_000, (i) => output(`meanwhile ${part}-${i}\n`));
  await screen.until(shows(/newer entries/), 'how many are newer');
  expect(screen.screen().slice(2, 27)).toEqual(held.slice(2, 27));
  screen.press('f');
  await screen.until(shows('│ meanwhile 19-2999'), 'the newest line');

  screen.press('g');
  await screen.until(
    (lines) => lines[2]!.includes('run  ') && shows(' held')(lines),
    'the beginning of the log',
  );
  screen.press('/');
  screen.press('needle\r');
  for (let keys = 0; keys < 300 && !shows(/▸.*the NEEDLE/)(screen.screen()); keys += 1) {
    screen.press('n');
    await settled(screen, 30);
  }
  expect(screen.screen().join('\n')).toMatch(/▸12:00:00 +│ 3-7 the NEEDLE/);

  screen.press('y');
  await until(() => screen!.effects.clipboard.length > 0, 'a copy');
  expect(screen.effects.clipboard.at(-1)).toMatch(/^12:00:00 +│ 3-7 the NEEDLE x+$/);

  screen.press('E');
  await screen.until(shows(/written: .*-log\.txt/), 'where it was written', 60_000);
  const written = readFileSync(join(world.repo, `ralph-${id}-log.txt`), 'utf8').split('\n');
  const hay = written.filter((line) => /│ \d+-\d+ (hay|the NEEDLE) x{300}$/.test(line));
  expect(hay).toHaveLength(80_000);
  expect(written.filter((line) => line.includes('│ meanwhile'))).toHaveLength(60_000);
  expect(readFileSync(log).length).toBeGreaterThan(30_000_000);
});
