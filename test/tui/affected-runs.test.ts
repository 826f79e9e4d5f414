import { describe, expect, it } from 'vitest';
import { ls } from '../../src/commands/look.ts';
import { note, stop } from '../../src/commands/steer.ts';
import { supervisorScale } from '../../src/commands/fleet.ts';
import type { CommandContext } from '../../src/commands/define.ts';
import { affectedRuns, runLine, withTargets } from '../../src/tui/affected-runs.ts';
import type { Screen } from '../../src/tui/screen-types.ts';
import { runInfo, storeOf } from '../fakes/fleet-frame.ts';

const runs = [
  runInfo('7f3a11'),
  runInfo('7f0b22', { status: 'paused' }),
  runInfo('e110cc', { status: 'succeeded' }),
];
// Of the screen only its store is asked.
const screen = { store: storeOf(runs) } as unknown as Screen;
const context = { ui: { targets: [runs[1]!] } } as unknown as CommandContext;
const ids = (args: Readonly<Record<string, unknown>>): readonly string[] =>
  affectedRuns(screen, stop, args).map((run) => run.id);

describe('the runs that a typed command is about', () => {
  it('are those on screen where the line names none', () => {
    expect(withTargets(note, { text: 'x' }, context)).toEqual({ text: 'x', runs: ['7f0b22'] });
  });

  it.each([{ runs: ['7f3a'] }, { all: true }, { filter: 'status=paused' }])(
    'are those it names: %j',
    (args) => {
      expect(withTargets(note, args, context)).toBe(args);
    },
  );

  it('are all where that is what no name means, and none where a command takes no runs', () => {
    expect(withTargets(ls, {}, context)).toEqual({});
    expect(affectedRuns(screen, ls, {})).toHaveLength(3);
    expect(withTargets(supervisorScale, { n: 1 }, context)).toEqual({ n: 1 });
    expect(affectedRuns(screen, supervisorScale, { n: 1 })).toEqual([]);
  });

  it('are found by the first characters of an id, by a filter, or by all', () => {
    expect(ids({ runs: ['7f3', 'e1'] })).toEqual(['7f3a11', 'e110cc']);
    expect(ids({ filter: 'status=paused' })).toEqual(['7f0b22']);
    expect(ids({ all: true })).toHaveLength(3);
    expect(ids({})).toEqual([]);
    expect(() => ids({ runs: ['zz'] })).toThrow('no run "zz"');
  });
});

it('names a run in a box by one safe line', () => {
  expect(runLine(runInfo('7f3a11', { title: 'a\u001B[31mb\nc' }))).toBe('7f3a11  ab c  running');
});
