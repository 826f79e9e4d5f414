import { readCurrentDiff, type CurrentDiff } from '../../domain/current-diff.ts';
import { viewPatch, type PatchFile, type PatchView } from '../../domain/patch-view.ts';
import { markInvisible, singleLine } from '../../domain/terminal.ts';
import type { PaneFacts } from '../pane.ts';
import { remember } from './diff-window.ts';

/** The diff that is shown: what stands now, or what an iteration made. */
export type DiffSource = 'current' | number;

export interface ShownDiff {
  /** Which diff it is, and between which commits. */
  readonly title: string;
  readonly view: PatchView;
  /** What to say where there is nothing to show. */
  readonly empty: string;
  /** What a reader must know of it: it was cut, or is another one than asked for. */
  readonly note: string | undefined;
}

const openPatch = remember(viewPatch);
const openCurrent = remember(readCurrentDiff);
const nothing = viewPatch('');

export const safePath = (path: string): string => markInvisible(singleLine(path, 300));
const shaOf = (sha: string | undefined): string => singleLine(sha ?? '', 40).slice(0, 8);

/** Numbers of the iterations that have a folder, in their order. */
export const iterationsOf = (facts: PaneFacts): readonly number[] =>
  (facts.file('@iterations') ?? '')
    .split('\n')
    .filter((name) => /^\d{1,9}$/.test(name))
    .map(Number)
    .toSorted((a, b) => a - b);

const titleOf = (diff: Exclude<CurrentDiff, { kind: 'none' }>, branch: string): string =>
  diff.kind === 'work-tree'
    ? `current: work tree of iteration ${diff.iteration} against its start ${shaOf(diff.from)}`
    : `current: ${markInvisible(singleLine(branch, 60))}, ${shaOf(diff.from)}..${shaOf(diff.to)}`;

const current = (facts: PaneFacts): ShownDiff => {
  const text = facts.file('@current-diff');
  const shown = { title: 'current', view: nothing, note: undefined };
  if (text === undefined) return { ...shown, empty: 'Looking at the work tree…' };
  const diff = openCurrent(text);
  if (diff.kind === 'none') return { ...shown, empty: markInvisible(singleLine(diff.why, 300)) };
  const where = diff.kind === 'work-tree' ? 'The iteration has' : 'The branch has';
  return {
    title: titleOf(diff, facts.run.state.branch),
    view: openPatch(diff.patch),
    empty: `${where} changed no file so far.`,
    note: diff.note ?? (diff.cut ? 'it goes on: the rest was cut' : undefined),
  };
};

const shaFields = remember((text: string): string => {
  try {
    const { start_sha: from, head_sha: to } = JSON.parse(text) as Record<string, unknown>;
    return `${shaOf(String(from))}..${shaOf(String(to))}`;
  } catch {
    return 'without metrics';
  }
});

const ofIteration = (n: number, facts: PaneFacts): ShownDiff => {
  const patch = facts.file(`iterations/${n}/git_diff.patch`);
  const metrics = facts.file(`iterations/${n}/metrics.json`);
  const title = `iteration ${n}${metrics === undefined ? '' : `: ${shaFields(metrics)}`}`;
  if (patch === undefined) {
    const isThere = iterationsOf(facts).includes(n);
    const empty = isThere ? `Iteration ${n} has no patch yet.` : `There is no iteration ${n}.`;
    return { title, view: nothing, empty, note: undefined };
  }
  const view = openPatch(patch);
  // What cannot be read, or is no patch, says so itself.
  const empty =
    patch.trim() === '' ? `Iteration ${n} changed no file.` : markInvisible(singleLine(patch, 300));
  return { title, view, empty, note: view.cut ? 'it goes on: the rest was cut' : undefined };
};

export const shownDiff = (source: DiffSource, facts: PaneFacts): ShownDiff =>
  source === 'current' ? current(facts) : ofIteration(source, facts);

const MIB = 1024 * 1024;
/** Why a file is named and not printed; undefined for one that is. */
export const notPrinted = (file: PatchFile): string | undefined => {
  if (file.binary) return 'A binary file: not printed.';
  const size = `${file.lines.toLocaleString('en')} lines, ${((file.to - file.from) / MIB).toFixed(1)} MiB`;
  return file.huge ? `Too large to be printed: ${size}. E writes it.` : undefined;
};
