import { describe, expect, it } from 'vitest';
import { createDoubleClicks, createMouseFilter, type MouseEvent } from '../../src/tui/mouse.ts';

const filtered = (...chunks: readonly string[]) => {
  const events: MouseEvent[] = [];
  const filter = createMouseFilter((event) => events.push(event));
  const text = chunks.map((chunk) => filter.push(chunk)).join('|');
  return { events, text, isHolding: filter.isHolding };
};

describe('reports of the mouse', () => {
  it('are heard and taken out of what is typed', () => {
    expect(filtered('a\u001B[<0;10;5Mb\u001B[<0;10;5mc\u001B[<64;1;1M\u001B[<65;1;2Md')).toEqual({
      text: 'abcd',
      events: [
        { kind: 'click', column: 9, row: 4 },
        { kind: 'wheel-up', column: 0, row: 0 },
        { kind: 'wheel-down', column: 0, row: 1 },
      ],
      isHolding: false,
    });
  });

  it('count with shift, alt or ctrl; other buttons and movement do not', () => {
    const { events, text } = filtered(
      '\u001B[<4;1;1M\u001B[<80;1;1M\u001B[<2;1;1M\u001B[<1;1;1M\u001B[<35;1;1M',
    );
    expect([text, events.map((event) => event.kind)]).toEqual(['', ['click', 'wheel-up']]);
  });

  it('may come in pieces', () => {
    expect(filtered('x\u001B[<0;1', '0;5', 'My')).toMatchObject({
      text: 'x||y',
      events: [{ kind: 'click', column: 9, row: 4 }],
    });
  });

  it('that never end are forgotten, and what only looks like one comes back', () => {
    const filter = createMouseFilter(() => {});
    expect(filter.push('\u001B[<0;1')).toBe('');
    expect(filter.isHolding).toBe(true);
    filter.drop();
    expect(filter.push('q')).toBe('q');
    expect(filtered('\u001B[<hello').text).toBe('\u001B[<hello');
  });

  it('leave all other keys alone, a lone ESC among them', () => {
    const typed = '\u001B[A\u001B[200~paste\u001B[201~\u001BOP\u001B';
    expect(filtered(typed)).toEqual({ text: typed, events: [], isHolding: false });
  });
});

it('two clicks on one row, soon after each other, are a double click; a third begins anew', () => {
  const isDouble = createDoubleClicks();
  expect([isDouble(3, 0), isDouble(3, 300), isDouble(3, 500)]).toEqual([false, true, false]);
  expect([isDouble(4, 600), isDouble(4, 1200)]).toEqual([false, false]);
});
