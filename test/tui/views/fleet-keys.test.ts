import { beforeEach, describe, expect, it } from 'vitest';
import type { RunInfo } from '../../../src/commands/app.ts';
import type { FleetSink } from '../../../src/ports/fleet-follower.ts';
import type { Screen } from '../../../src/tui/screen-types.ts';
import { runInfo } from '../../fakes/fleet-frame.ts';
import { faceOf, screenOf } from '../../fakes/screen-in-memory.ts';

const runs: readonly RunInfo[] = [
  runInfo('aaaaaa', { task: 'one', backend: 'podman' }),
  runInfo('bbbbbb', { task: 'two', backend: 'local' }),
  runInfo('cccccc', { task: 'three', backend: 'podman', status: 'paused', reason: 'human' }),
];
let screen: Screen;
let sink: FleetSink;
const done: { readonly id: string; readonly args: unknown }[] = [];

beforeEach(() => {
  done.length = 0;
  const face = faceOf(runs, {
    follow: (to) => {
      sink = to;
      return { add: () => {}, remove: () => {}, focus: () => {}, stop: () => {} } as never;
    },
  });
  screen = screenOf(face, {
    run: (at, command, args) => {
      done.push({ id: command.id, args });
      if (command.group === 'Screen' || command.group === 'Look')
        void command.run(at.context(), command.args.parse(args));
    },
  });
  screen.frame();
  return () => screen.stop();
});

const press = (...chords: readonly string[]): void => {
  for (const chord of chords)
    screen.press({ chord, text: chord === 'space' ? ' ' : chord.length === 1 ? chord : '' });
};
const type = (text: string): void => press(...Array.from(text, (char) => (char === ' ' ? 'space' : char)));
const cursor = (): string | undefined => screen.frame().ui.cursor;
const listed = (): readonly string[] => screen.frame().order;

describe('a key on the fleet', () => {
  it('moves the cursor: j k G g, the arrows, pages', () => {
    expect(cursor()).toBe('cccccc');
    press('j');
    expect(cursor()).toBe('aaaaaa');
    press('G');
    expect(cursor()).toBe('bbbbbb');
    press('up', 'k');
    expect(cursor()).toBe('cccccc');
    press('ctrl+d');
    expect(cursor()).toBe('bbbbbb');
    press('g');
    expect(cursor()).toBe('cccccc');
  });
  it('sorts and groups, and the cursor stays on its run', () => {
    press('s', 's');
    expect([screen.frame().ui.sort, cursor()]).toEqual(['task', 'cccccc']);
    expect(listed()).toEqual(['aaaaaa', 'cccccc', 'bbbbbb']);
    press('b', 'b');
    expect([screen.frame().ui.group, cursor()]).toEqual(['backend', 'cccccc']);
    expect(screen.frame().heads.map(({ name }) => name)).toEqual(['local', 'podman']);
  });
  it('filters while one types, and Esc gives the list and the cursor back', () => {
    press('/');
    type('backend=local');
    expect(listed()).toEqual(['bbbbbb']);
    press('esc');
    expect([listed().length, cursor()]).toEqual([3, 'cccccc']);
  });
  it('selects, and an order goes to what is selected and listed, never to what a filter hides', () => {
    press('space', 'space');
    expect(screen.frame().selection).toEqual({ listed: 2, hidden: 0 });
    press('/');
    type('one');
    press('enter', 'p');
    expect(screen.frame().selection).toEqual({ listed: 1, hidden: 1 });
    expect(done.at(-1)).toEqual({ id: 'run.pause', args: { runs: ['aaaaaa'] } });
  });
  it('goes to the run under the cursor where all that is selected is hidden', () => {
    press('space', '/');
    type('two');
    press('enter', 'p');
    expect(done.at(-1)).toEqual({ id: 'run.pause', args: { runs: ['bbbbbb'] } });
  });
  it('goes to nothing where nothing is listed', () => {
    press('/');
    type('nothing fits');
    press('enter', 'p', 'x');
    expect(done.filter(({ id }) => id === 'run.pause' || id === 'run.stop')).toEqual([]);
    expect(screen.frame().ui.toasts.at(-1)?.text).toContain('no run is under the cursor');
  });
  it('shows and hides the log, opens the run and its tabs', () => {
    press('z');
    expect(screen.frame().ui.preview).toBe(false);
    press('enter');
    expect(screen.frame().ui).toMatchObject({ screen: 'run', cursor: 'cccccc' });
    press('esc', 'l');
    expect(screen.frame().ui).toMatchObject({ screen: 'run', tab: 'logs' });
  });
});

describe('news', () => {
  it('move rows, not the cursor from its run', () => {
    press('G');
    const entry = {
      type: 'run.status',
      status: 'paused',
      reason: 'human',
      seq: 2,
      at: '',
      up: 1,
      run: 'bbbbbb',
    };
    sink.entries('bbbbbb', [entry as never]);
    screen.act({ kind: 'preview' });
    expect([listed()[0], cursor()]).toEqual(['bbbbbb', 'bbbbbb']);
    expect(screen.frame().totals.byRank.paused).toBe(2);
  });
});
