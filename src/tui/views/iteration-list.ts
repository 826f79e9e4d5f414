import { succeeded } from '../../domain/exit.ts';
import { metricsSchema, type Metrics } from '../../domain/iteration-record.ts';
import { fit } from '../fit.ts';
import type { PaneFacts } from '../pane.ts';
import type { Look, Theme } from '../theme.ts';
import type { Span } from '../widgets/line.tsx';
import { remember, underCursor } from './diff-window.ts';

/** A folder of `iterations/`: a whole one, or the k-th that was interrupted and set aside. */
export interface IterationName {
  readonly name: string;
  readonly n: number;
  readonly interrupted: number | undefined;
}

const NAME = /^(\d{1,9})(?:\.interrupted-(\d{1,9}))?$/;

const readNames = remember((text: string): readonly IterationName[] =>
  text
    .split('\n')
    .flatMap((name): readonly IterationName[] => {
      const match = NAME.exec(name);
      const k = match?.[2];
      return match
        ? [{ name, n: Number(match[1]), interrupted: k === undefined ? undefined : Number(k) }]
        : [];
    })
    .toSorted((a, b) => b.n - a.n || (b.interrupted ?? Infinity) - (a.interrupted ?? Infinity)),
);

/** All folders, newest first; an interrupted try stands below the iteration that came of it. */
export const iterationNames = (facts: PaneFacts): readonly IterationName[] =>
  readNames(facts.file('@iterations') ?? '');

const known = new Map<string, { readonly text: string; readonly metrics: Metrics | undefined }>();

/** Read once for each text: the list is drawn in every frame. */
const metricsOf = (name: string, facts: PaneFacts): Metrics | undefined => {
  const text = facts.file(`iterations/${name}/metrics.json`);
  if (text === undefined) return undefined;
  const before = known.get(name);
  if (before?.text === text) return before.metrics;
  let metrics: Metrics | undefined;
  try {
    metrics = metricsSchema.safeParse(JSON.parse(text)).data;
  } catch {
    // It is damaged, or being written: the row says that there are none.
  }
  known.set(name, { text, metrics });
  return metrics;
};

const testsOf = ({ test_exit: exit }: Metrics): string => {
  if (exit === undefined) return '–';
  if (succeeded(exit)) return 'pass';
  return exit.kind === 'code' || exit.kind === 'signal' ? 'fail' : exit.kind.slice(0, 7);
};

const timeOf = (ms: number): string => {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)}s`;
  const minutes = Math.floor(ms / 60_000);
  const rest = Math.floor((ms % 60_000) / 1000);
  return minutes < 60 ? `${minutes}m${String(rest).padStart(2, '0')}s` : `${(minutes / 60).toFixed(1)}h`;
};

/** Columns of the list: below this width of the screen without time and commit. */
const LEAST_FOR_ALL = 100;
export const listWidth = (width: number): number => (width >= LEAST_FOR_ALL ? 40 : 25);

interface Cells {
  readonly mark: string;
  readonly look: Look | undefined;
  readonly n: string;
  /** Instead of what only metrics can tell. */
  readonly word?: string;
  readonly metrics?: Metrics;
}

const cellsOf = (one: IterationName, facts: PaneFacts, theme: Theme): Cells => {
  const n = one.interrupted === undefined ? String(one.n) : `${one.n}~${one.interrupted}`;
  if (one.interrupted !== undefined) return { mark: '■', look: theme.tones.warn, n, word: 'interrupted' };
  const metrics = metricsOf(one.name, facts);
  if (metrics !== undefined)
    return metrics.green
      ? { mark: '✓', look: theme.tones.good, n, metrics }
      : { mark: '·', look: undefined, n, metrics };
  return one.n > facts.run.state.committed
    ? { mark: '●', look: theme.accent, n, word: 'under way' }
    : { mark: '?', look: theme.tones.bad, n, word: 'no metrics' };
};

const rest = (metrics: Metrics, hasAll: boolean): string => {
  const main = `${metrics.loop_score.toFixed(2)}  ${fit(testsOf(metrics), 7)}`;
  if (!hasAll) return main;
  return `${main} ${fit(timeOf(metrics.ms.total), 6, 'right')}  ${metrics.head_sha.slice(0, 8)}`;
};

/** What the columns mean. */
export const listHead = (width: number, theme: Theme): readonly Span[] => {
  const hasAll = width >= LEAST_FOR_ALL;
  const text = `       N  LOOP  TESTS  ${hasAll ? '   TIME  HEAD' : ''}`;
  return [{ text: fit(text, listWidth(width)), look: theme.tones.dim }];
};

/** The rows of the list that are seen; the one under the cursor stays in the middle. */
export const iterationRows = (
  names: readonly IterationName[],
  facts: PaneFacts,
  drawn: { readonly theme: Theme; readonly cursor: number; readonly height: number },
): readonly (readonly Span[])[] => {
  const { theme, cursor, height } = drawn;
  const { width } = facts.size;
  const top = Math.max(0, Math.min(names.length - height, cursor - Math.floor(height / 2)));
  return names.slice(top, top + height).map((one, i) => {
    const { mark, look, n, word, metrics } = cellsOf(one, facts, theme);
    const text = metrics ? rest(metrics, width >= LEAST_FOR_ALL) : (word ?? '');
    const room = listWidth(width) - 10;
    const spans: readonly Span[] = [
      { text: ` ${mark}`, ...(look && { look }) },
      { text: ` ${fit(n, 5, 'right')}  ` },
      { text: fit(text, room), ...(word !== undefined && { look: theme.tones.dim }) },
    ];
    return top + i === cursor ? underCursor(spans, theme.cursor) : spans;
  });
};
