import { describe, expect, it } from 'vitest';
import { RalphError } from '../../src/domain/error.ts';
import { selectRuns, type SelectableRun, type Selector } from '../../src/domain/select.ts';

const run = (id: string, more: Partial<SelectableRun> = {}): SelectableRun => ({
  id,
  status: 'running',
  task: 'fix-login',
  title: 'Fix the login',
  backend: 'podman',
  profile: 'cheap',
  repo: '/srv/shop',
  loopScore: 0,
  iteration: 1,
  ...more,
});
const runs = [
  run('7f3a11', { status: 'paused', loopScore: 0.9 }),
  run('7f3b22', { task: 'docs', title: 'Docs cleanup', backend: 'local' }),
  run('04de33', { status: 'failed', iteration: 12, profile: 'strong', loopScore: 0.7 }),
];
const pick = (selector: Partial<Selector>, options = {}) =>
  selectRuns(runs, { runs: [], all: false, filter: '', ...selector }, options).map(({ id }) => id);
const failure = (selector: Partial<Selector>): RalphError => {
  try {
    pick(selector);
  } catch (error) {
    if (error instanceof RalphError) return error;
  }
  throw new Error('nothing was thrown');
};

describe('selecting runs by id', () => {
  it('takes ids and unique prefixes, each run once', () => {
    expect(pick({ runs: ['04', '7f3a11', '04de33'] })).toEqual(['04de33', '7f3a11']);
  });
  it('takes an exact id even where it is the start of another', () => {
    const both = [run('abc'), run('abcdef')];
    expect(selectRuns(both, { runs: ['abc'], all: false, filter: '' })).toEqual([both[0]]);
  });
  it('refuses an ambiguous prefix and names the candidates', () => {
    expect(failure({ runs: ['7f3'] })).toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('7f3a11, 7f3b22'),
    });
  });
  it('names the nearest ids for an unknown one', () => {
    expect(failure({ runs: ['04df33'] })).toMatchObject({ code: 'run.not-found', hint: 'Nearest: 04de33.' });
  });
  it('refuses a single character, an empty word and ids beside --all', () => {
    expect(failure({ runs: ['0'] }).message).toContain('too short');
    expect(failure({ runs: [''] }).message).toContain('too short');
    expect(failure({ runs: ['04'], all: true }).message).toContain('exclude');
  });
  it('refuses to steer when nothing was named, and lists everything when looking', () => {
    expect(failure({}).message).toBe('no run was named');
    expect(pick({}, { whenEmpty: 'all' })).toHaveLength(3);
  });
});

describe('filters', () => {
  it.each([
    ['status=running', ['7f3b22']],
    ['status=running|failed', ['7f3b22', '04de33']],
    ['status!=running', ['7f3a11', '04de33']],
    ['status!=running|failed', ['7f3a11']],
    ['title~LOGIN', ['7f3a11', '04de33']],
    ['task=fix-login,status=failed', ['04de33']],
    ['loop>=0.7', ['7f3a11', '04de33']],
    ['loop>0.7', ['7f3a11']],
    ['iteration<2', ['7f3a11', '7f3b22']],
    ['backend=local', ['7f3b22']],
    ['model=strong', ['04de33']],
    ['repo~shop , loop<=0', ['7f3b22']],
  ])('%s', (filter, ids) => expect(pick({ filter })).toEqual(ids));

  it('narrow the ids that were named', () => {
    expect(pick({ runs: ['7f3a', '04'], filter: 'status=failed' })).toEqual(['04de33']);
  });
  it.each([
    ['stats=running', 'Did you mean status?'],
    ['status=runing', 'Did you mean running?'],
    ['loop>=high', 'As in loop>=0.7'],
    ['loop~0.7', 'Use loop'],
    ['task>3', 'Use task='],
    ['running', 'As in --filter'],
  ])('refuse %s', (filter, hint) => expect(failure({ filter }).hint).toContain(hint));
});
