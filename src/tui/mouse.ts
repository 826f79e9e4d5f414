/** Buttons and wheel with their place (SGR), and nothing of plain movement. */
export const MOUSE_ON = '\u001B[?1000h\u001B[?1006h';
export const MOUSE_OFF = '\u001B[?1000l\u001B[?1006l';

/** What the mouse did; column and row count from 0. */
export interface MouseEvent {
  readonly kind: 'click' | 'wheel-up' | 'wheel-down';
  readonly column: number;
  readonly row: number;
}
/** Takes the reports of a mouse out of what is typed. */
export interface MouseFilter {
  /** The chunk without them. A report may be split over chunks; what turns out to be none comes back whole. */
  push(chunk: string): string;
  /** Forgets a report whose end does not come. */
  drop(): void;
  readonly isHolding: boolean;
}

// SGR: `ESC [ < button ; column ; row M`, with `m` when the button is let go.
const START = '\u001B[<';
const ESCAPED = '\u001B\\[<';
const REPORT = new RegExp(`${ESCAPED}(\\d{1,4});(\\d{1,5});(\\d{1,5})([Mm])`, 'g');
/** The start of a report at the end of a chunk. A lone ESC is left to whoever reads keys: it is one. */
const OPEN = new RegExp(`${ESCAPED}[\\d;]{0,16}$`);
const SHIFT_META_CTRL = 4 + 8 + 16;
const WHEEL = 64;
const MOTION = 32;

const eventOf = (match: RegExpMatchArray): MouseEvent | undefined => {
  const [, code = '', column = '', row = '', final] = match;
  const button = Number(code) & ~SHIFT_META_CTRL;
  const at = { column: Math.max(0, Number(column) - 1), row: Math.max(0, Number(row) - 1) };
  if (final === 'm' || (button & MOTION) !== 0) return undefined;
  if (button === WHEEL) return { kind: 'wheel-up', ...at };
  if (button === WHEEL + 1) return { kind: 'wheel-down', ...at };
  return button === 0 ? { kind: 'click', ...at } : undefined;
};

/** Hands each event on, and leaves every other byte as it was. */
export const createMouseFilter = (heard: (event: MouseEvent) => void): MouseFilter => {
  let held = '';
  return {
    push: (chunk) => {
      const text = held + chunk;
      held = '';
      if (!text.includes(START)) return text;
      const rest = text.replace(REPORT, (...match) => {
        const event = eventOf(match as unknown as RegExpMatchArray);
        if (event) heard(event);
        return '';
      });
      const open = OPEN.exec(rest);
      if (open === null) return rest;
      held = open[0];
      return rest.slice(0, open.index);
    },
    drop: () => {
      held = '';
    },
    get isHolding() {
      return held !== '';
    },
  };
};

const DOUBLE_MS = 400;

/** Tells a second click on the same row, soon after the first, from two single ones. */
export const createDoubleClicks = (): ((row: number, now: number) => boolean) => {
  let last = { row: -1, at: Number.NEGATIVE_INFINITY };
  return (row, now) => {
    const isDouble = row === last.row && now - last.at <= DOUBLE_MS;
    last = isDouble ? { row: -1, at: Number.NEGATIVE_INFINITY } : { row, at: now };
    return isDouble;
  };
};
