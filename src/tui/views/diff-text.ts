import {
  changedWords,
  type PatchFile,
  type PatchRow,
  type PatchView,
  type Word,
} from '../../domain/patch-view.ts';
import type { Look, Theme } from '../theme.ts';
import type { Span } from '../widgets/line.tsx';
import { notPrinted } from './diff-shown.ts';
import { cleanLine, matchLook, withMatches, type LongLine, type LongText } from './diff-window.ts';

/** Line number and a space. */
const GUTTER_WIDTH = 6;

const words = new WeakMap<PatchRow, readonly Word[] | undefined>();

/** What changed within a line, found once: a line is drawn in many frames. */
const wordsOf = (rows: readonly PatchRow[], row: PatchRow): readonly Word[] | undefined => {
  if (row.pair === undefined) return undefined;
  if (words.has(row)) return words.get(row);
  const other = rows[row.pair]!;
  const [before, after] = row.kind === 'removed' ? [row, other] : [other, row];
  const found = changedWords(cleanLine(before.text), cleanLine(after.text));
  words.set(before, found?.before);
  words.set(after, found?.after);
  return words.get(row);
};

const signs = { added: '+', removed: '-' } as const;

const changedLine = (rows: readonly PatchRow[], row: PatchRow, theme: Theme): readonly Span[] => {
  const kind = row.kind === 'added' ? 'added' : 'removed';
  const look: Look = theme[kind];
  const sign = { text: signs[kind], look };
  const found = wordsOf(rows, row);
  if (found === undefined) return [{ text: sign.text + cleanLine(row.text), look }];
  const wordLook = kind === 'added' ? theme.addedWord : theme.removedWord;
  return [sign, ...found.map((word) => ({ text: word.text, look: word.changed ? wordLook : look }))];
};

const bodyOf = (rows: readonly PatchRow[], row: PatchRow, theme: Theme): readonly Span[] => {
  switch (row.kind) {
    case 'hunk':
      return [{ text: cleanLine(row.text), look: theme.accent }];
    case 'note':
      return [{ text: ` ${cleanLine(row.text)}`, look: theme.tones.dim }];
    case 'context':
      return [{ text: ` ${cleanLine(row.text)}` }];
    case 'added':
    case 'removed':
      return changedLine(rows, row, theme);
  }
};

/** A file's hunks; without colours only the signs tell what was added. */
export const hunksText = (
  view: PatchView,
  file: PatchFile,
  drawn: { readonly theme: Theme; readonly finder?: RegExp | undefined },
): LongText => {
  const { theme, finder } = drawn;
  const said = notPrinted(file);
  const rows = view.rows(file);
  if (said !== undefined || rows.length === 0)
    return {
      count: 1,
      line: () => ({ body: [{ text: ` ${said ?? 'No line changed.'}`, look: theme.tones.dim }] }),
    };
  const match = matchLook(theme);
  return {
    count: rows.length,
    line: (i): LongLine => {
      const row = rows[i]!;
      const number = row.number === undefined ? '' : String(row.number);
      return {
        gutter: { text: `${number.padStart(GUTTER_WIDTH - 1)} `, look: theme.tones.dim },
        body: withMatches(bodyOf(rows, row, theme), finder, match),
      };
    },
  };
};
