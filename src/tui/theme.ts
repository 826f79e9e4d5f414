import type { Tone } from '../domain/entry-text.ts';
import type { Rank } from '../domain/fleet-order.ts';

export const themeNames = ['dark', 'light', 'colour-blind', 'none'] as const;
export type ThemeName = (typeof themeNames)[number];

/** How a piece of text looks: props of Ink's Text. Without colours only these three tell things apart. */
export interface Look {
  readonly color?: string;
  readonly backgroundColor?: string;
  readonly bold?: true;
  readonly dimColor?: true;
  readonly inverse?: true;
}
export interface Theme {
  readonly name: ThemeName;
  /** One accent colour for the whole screen. */
  readonly accent: Look;
  /** The line under the cursor. */
  readonly cursor: Look;
  readonly title: Look;
  readonly tones: Readonly<Record<Tone, Look>>;
  readonly ranks: Readonly<Record<Rank, Look>>;
  readonly added: Look;
  readonly removed: Look;
  /** Words that changed within a changed line. */
  readonly addedWord: Look;
  readonly removedWord: Look;
}

interface Palette {
  readonly accent: string;
  readonly good: string;
  readonly bad: string;
  readonly warn: string;
  readonly cursor: Look;
  readonly addedWord: Look;
  readonly removedWord: Look;
}

const dim: Look = { dimColor: true };
const fromPalette = (name: ThemeName, p: Palette): Theme => ({
  name,
  accent: { color: p.accent },
  cursor: p.cursor,
  title: { bold: true },
  tones: { plain: {}, good: { color: p.good }, bad: { color: p.bad }, warn: { color: p.warn }, dim },
  ranks: {
    paused: { color: p.warn, bold: true },
    gutter: { color: p.bad, bold: true },
    failed: { color: p.bad },
    stalled: { color: p.warn },
    running: { color: p.accent },
    queued: dim,
    succeeded: { color: p.good },
    stopped: dim,
  },
  added: { color: p.good },
  removed: { color: p.bad },
  addedWord: p.addedWord,
  removedWord: p.removedWord,
});

const none: Theme = {
  name: 'none',
  accent: { bold: true },
  cursor: { inverse: true },
  title: { bold: true },
  tones: { plain: {}, good: {}, bad: { bold: true }, warn: {}, dim: {} },
  ranks: {
    paused: { bold: true },
    gutter: { bold: true },
    failed: { bold: true },
    stalled: {},
    running: {},
    queued: {},
    succeeded: {},
    stopped: {},
  },
  added: {},
  removed: {},
  addedWord: { inverse: true },
  removedWord: { inverse: true },
};

/** Colour-blind: blue against orange, never green against red. */
const themes: Readonly<Record<ThemeName, Theme>> = {
  dark: fromPalette('dark', {
    accent: 'cyan',
    good: 'green',
    bad: 'red',
    warn: 'yellow',
    cursor: { backgroundColor: 'ansi256(238)' },
    addedWord: { color: 'green', inverse: true },
    removedWord: { color: 'red', inverse: true },
  }),
  light: fromPalette('light', {
    accent: 'blue',
    good: 'ansi256(28)',
    bad: 'ansi256(124)',
    warn: 'ansi256(130)',
    cursor: { backgroundColor: 'ansi256(254)' },
    addedWord: { color: 'ansi256(28)', inverse: true },
    removedWord: { color: 'ansi256(124)', inverse: true },
  }),
  'colour-blind': fromPalette('colour-blind', {
    accent: 'ansi256(117)',
    good: 'ansi256(75)',
    bad: 'ansi256(208)',
    warn: 'ansi256(221)',
    cursor: { backgroundColor: 'ansi256(238)' },
    addedWord: { color: 'ansi256(75)', inverse: true },
    removedWord: { color: 'ansi256(208)', inverse: true },
  }),
  none,
};

export const themeOf = (name: ThemeName): Theme => themes[name];

/** Status by mark and word and colour: the mark also tells where there is no colour. */
export const marks: Readonly<Record<Rank, string>> = {
  paused: '!',
  gutter: '▲',
  failed: '✗',
  stalled: '◷',
  running: '●',
  queued: '○',
  succeeded: '✓',
  stopped: '■',
};
