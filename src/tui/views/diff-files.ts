import type { PatchFile, PatchView } from '../../domain/patch-view.ts';
import { fit, widthOf } from '../fit.ts';
import type { Theme } from '../theme.ts';
import type { Span } from '../widgets/line.tsx';
import { safePath } from './diff-shown.ts';
import { lookOver, underCursor } from './diff-window.ts';

const letters = { added: 'A', deleted: 'D', modified: 'M', renamed: 'R' } as const;

/** The end of a path tells files apart: what is too long loses its beginning. */
export const pathEnd = (path: string, width: number): string => {
  if (widthOf(path) <= width) return path;
  const chars = Array.from(path);
  while (chars.length > 0 && widthOf(chars.join('')) > width - 1) chars.shift();
  return `…${chars.join('')}`;
};

export const countsOf = (file: Pick<PatchFile, 'added' | 'removed'>): string =>
  `+${file.added} −${file.removed}`;

const whatOf = (file: PatchFile): string => (file.binary ? 'binary' : countsOf(file));

const countSpans = (file: PatchFile, theme: Theme, width: number): readonly Span[] => {
  const text = whatOf(file);
  const space = { text: ' '.repeat(Math.max(0, width - widthOf(text))) };
  if (file.binary) return [space, { text, look: theme.tones.dim }];
  const [added = '', removed = ''] = text.split(' ');
  return [space, { text: `${added} `, look: theme.added }, { text: removed, look: theme.removed }];
};

/** First entry of a window of `page` that keeps the cursor in its middle. */
const windowTop = (cursor: number, total: number, page: number): number =>
  Math.max(0, Math.min(total - page, cursor - Math.floor(page / 2)));

interface Drawn {
  readonly theme: Theme;
  readonly width: number;
  readonly height: number;
}

/** The list at the left: the overview, then each file; `open` is -1 on the overview. */
export const listRows = (view: PatchView, open: number, drawn: Drawn): readonly (readonly Span[])[] => {
  const { theme, width, height } = drawn;
  const total = view.files.length + 1;
  const top = windowTop(open + 1, total, height);
  return Array.from({ length: Math.min(height, total - top) }, (_, i) => {
    const index = top + i - 1;
    const look = index === open ? theme.cursor : undefined;
    const file = view.files[index];
    if (file === undefined)
      return [{ text: fit(' Overview', width), look: look ? lookOver(theme.title, look) : theme.title }];
    const counts = whatOf(file);
    const room = Math.max(4, width - widthOf(counts) - 4);
    const name = fit(pathEnd(safePath(file.path), room), room);
    const spans: readonly Span[] = [
      { text: ` ${letters[file.change]} ${name} ` },
      ...countSpans(file, theme, widthOf(counts)),
    ];
    return look ? underCursor(spans, look) : spans;
  });
};

const BAR = 10;
/** So many of ten blocks as the file has of what changed most. */
const barOf = (file: PatchFile, most: number): { readonly added: number; readonly removed: number } => {
  const all = file.added + file.removed;
  if (all === 0 || most === 0) return { added: 0, removed: 0 };
  const length = Math.max(1, Math.round((all / most) * BAR));
  const added = Math.round((file.added / all) * length);
  return { added, removed: length - added };
};
const COUNTS = 14;

const biggest = new WeakMap<PatchView, number>();
const mostOf = (view: PatchView): number => {
  const known = biggest.get(view);
  if (known !== undefined) return known;
  const most = view.files.reduce((max, file) => Math.max(max, file.added + file.removed), 0);
  biggest.set(view, most);
  return most;
};

const labelOf = (file: PatchFile): string =>
  `${safePath(file.path)}${file.oldPath === undefined ? '' : ` (was ${safePath(file.oldPath)})`}`;

/** The overview: every file with what it gained and lost. */
export const overviewRows = (view: PatchView, cursor: number, drawn: Drawn): readonly (readonly Span[])[] => {
  const { theme, width, height } = drawn;
  const total = view.files.length;
  const top = windowTop(cursor, total, height);
  const room = Math.max(10, width - COUNTS - BAR - 6);
  const longest = view.files.slice(top, top + height).map((file) => widthOf(labelOf(file)));
  const nameWidth = Math.min(room, Math.max(30, ...longest));
  return Array.from({ length: Math.min(height, total - top) }, (_, i) => {
    const file = view.files[top + i]!;
    const look = top + i === cursor ? theme.cursor : undefined;
    const bar = barOf(file, mostOf(view));
    const name = fit(pathEnd(labelOf(file), nameWidth), nameWidth);
    const spans: readonly Span[] = [
      { text: ` ${letters[file.change]} ${name} ` },
      ...countSpans(file, theme, COUNTS),
      { text: '  ' },
      ...(file.huge
        ? [{ text: 'not shown', look: theme.tones.dim }]
        : [
            { text: '+'.repeat(bar.added), look: theme.added },
            { text: '-'.repeat(bar.removed), look: theme.removed },
          ]),
    ];
    return look ? underCursor(spans, look) : spans;
  });
};
