import { describe, expect, it } from 'vitest';
import { bar, compact, span, sparkline, usd } from '../../src/tui/figures.ts';

describe('figures', () => {
  it('draw the newest scores at the right, within their bounds', () => {
    expect(sparkline([0, 0.3, 0.5, 0.8, 1], 4)).toBe('▃▅▇█');
    expect(sparkline([-1, 7], 8)).toBe('▁█');
    expect(sparkline([], 8)).toBe('');
  });
  it('fill a bar by its share and never beyond it', () => {
    expect([bar(0, 4), bar(0.5, 4), bar(1, 4), bar(9, 4), bar(-1, 4)]).toEqual([
      '░░░░',
      '██░░',
      '████',
      '████',
      '░░░░',
    ]);
  });
  it('say amounts so that they fit a column', () => {
    expect([0, 93, 1200, 81_234, 812_000, 4_100_000, 2e9].map(compact)).toEqual([
      '0',
      '93',
      '1.2k',
      '81.2k',
      '812k',
      '4.1M',
      '2.0G',
    ]);
    expect([0, 0.0042, 3.8, 40].map(usd)).toEqual(['$0.00', '$0.0042', '$3.80', '$40.00']);
  });
  it('say spans in their two greatest units', () => {
    expect([-5, 12_000, 90_000, 7_200_000, 7_500_000, 200_000_000].map(span)).toEqual([
      '0 s',
      '12 s',
      '1 min',
      '2 h',
      '2 h 5 min',
      '2 d',
    ]);
  });
});
