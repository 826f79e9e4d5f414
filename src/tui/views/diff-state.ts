import type { PaneAction } from '../../commands/screen-action.ts';
import {
  anchorOf,
  firstAnchor,
  rowOf,
  type Anchor,
  type PatchFile,
  type PatchView,
} from '../../domain/patch-view.ts';
import type { PaneFacts } from '../pane.ts';
import { moveCursor, moveTop } from '../scroll.ts';
import { themeOf } from '../theme.ts';
import { iterationsOf, shownDiff, type DiffSource } from './diff-shown.ts';
import { hunksText } from './diff-text.ts';
import { finderOf, lastTop, type LongText, type Window } from './diff-window.ts';

/** Where one is in a diff; by path and old line, so that it holds when the diff is read again. */
export interface DiffState {
  readonly source: DiffSource;
  /** The iteration that was shown last. */
  readonly iteration: number | undefined;
  /** Key of the open file; undefined on the overview. */
  readonly file: string | undefined;
  /** Key of the file under the cursor of the overview; undefined: the first. */
  readonly cursor: string | undefined;
  readonly at: Anchor;
  readonly wrap: boolean;
  readonly search: string;
  /** Where the text was found last; undefined while it was not looked for here. */
  readonly hit: { readonly file: string; readonly row: number } | 'none' | undefined;
}
export const firstDiff: DiffState = {
  source: 'current',
  iteration: undefined,
  file: undefined,
  cursor: undefined,
  at: firstAnchor,
  wrap: false,
  search: '',
  hit: undefined,
};

/** Columns of the file list, and of what parts it from the hunks. */
export const LIST_WIDTH = 30;
const LIST_GAP = 3;
/** Narrower screens have no list: one line names the file. */
const LEAST_FOR_LIST = 90;
/** The title of the diff, and that of the file. */
const HEAD_LINES = 2;

export interface DiffLayout extends Window {
  readonly hasList: boolean;
}
export const diffLayout = ({ size }: PaneFacts, wrap: boolean): DiffLayout => {
  const hasList = size.width >= LEAST_FOR_LIST;
  return {
    hasList,
    width: hasList ? size.width - LIST_WIDTH - LIST_GAP : size.width,
    height: Math.max(1, size.height - HEAD_LINES),
    wrap,
  };
};

/** Index of the open file, -1 for the overview: also when the file is not in the diff any more. */
export const openFile = (state: DiffState, view: PatchView): number =>
  state.file === undefined ? -1 : view.files.findIndex((file) => file.key === state.file);
export const cursorFile = (state: DiffState, view: PatchView): number =>
  Math.max(
    0,
    view.files.findIndex((file) => file.key === state.cursor),
  );

const plain = themeOf('none');
const textOf = (view: PatchView, file: PatchFile): LongText => hunksText(view, file, { theme: plain });

/** First row that is seen: never past the end of the file. */
export const topRow = (
  state: DiffState,
  view: PatchView,
  drawn: { file: PatchFile; window: Window },
): number =>
  Math.min(rowOf(view.rows(drawn.file), state.at), lastTop(textOf(view, drawn.file), drawn.window));

const withFile = (state: DiffState, file: PatchFile | undefined): DiffState => ({
  ...state,
  file: file?.key,
  cursor: file?.key ?? state.cursor,
  at: firstAnchor,
});

const withSource = (state: DiffState, source: DiffSource): DiffState => ({
  ...state,
  source,
  iteration: source === 'current' ? state.iteration : source,
  at: firstAnchor,
  hit: undefined,
});

type Move = Extract<PaneAction, { kind: 'move' }>;

const move = (state: DiffState, { step }: Move, facts: PaneFacts): DiffState => {
  const { view } = shownDiff(state.source, facts);
  const window = diffLayout(facts, state.wrap);
  const file = view.files[openFile(state, view)];
  if (file === undefined) {
    const list = { total: view.files.length, page: window.height };
    const cursor = view.files[moveCursor(cursorFile(state, view), step, list)];
    return { ...state, file: undefined, cursor: cursor?.key };
  }
  const page = window.height;
  const total = lastTop(textOf(view, file), window) + page;
  const top = moveTop(topRow(state, view, { file, window }), step, { total, page });
  return { ...state, at: anchorOf(view.rows(file), top) };
};

/** The overview stands before the first file; from it one goes to the file under its cursor. */
const toSide = (state: DiffState, by: 1 | -1, facts: PaneFacts): DiffState => {
  const { view } = shownDiff(state.source, facts);
  const open = openFile(state, view);
  if (open < 0) return by === 1 ? withFile(state, view.files[cursorFile(state, view)]) : state;
  if (open + by >= view.files.length) return state;
  return withFile(state, view.files[open + by]);
};

const lastOf = (facts: PaneFacts): number | undefined => {
  const { committed } = facts.run.state;
  return committed > 0 ? committed : iterationsOf(facts).at(-1);
};

const toggle = (state: DiffState, what: string, facts: PaneFacts): DiffState => {
  if (what === 'wrap') return { ...state, wrap: !state.wrap };
  if (what !== 'source') return state;
  if (state.source !== 'current') return withSource(state, 'current');
  const iteration = state.iteration ?? lastOf(facts);
  return iteration === undefined ? state : withSource(state, iteration);
};

interface Place {
  readonly file: number;
  readonly row: number;
}

/** Index of a row of the file with the text in it, from one row on in a direction. */
const findRow = (
  view: PatchView,
  file: PatchFile,
  from: { readonly finder: RegExp; readonly row: number; readonly by: 1 | -1 },
): number | undefined => {
  const has = (text: string): boolean => text.search(from.finder) >= 0;
  // One look at the whole text is cheaper than one at each of its rows.
  if (!has(view.text.slice(file.from, file.to))) return undefined;
  const rows = view.rows(file);
  if (rows.length === 0) return from.row === 0 || from.by === -1 ? 0 : undefined;
  for (let i = from.row; i >= 0 && i < rows.length; i += from.by) if (has(rows[i]!.text)) return i;
  return undefined;
};

const find = (view: PatchView, search: string, from: Place & { readonly by: 1 | -1 }): Place | undefined => {
  const finder = finderOf(search);
  const { files } = view;
  if (finder === undefined) return undefined;
  // One file more: the first one again, from its other end.
  for (let i = 0; i <= files.length; i += 1) {
    const file = (from.file + from.by * i + files.length * 2) % files.length;
    const isFirst = i === 0;
    const start = from.by === 1 ? 0 : Math.max(0, view.rows(files[file]!).length - 1);
    const row = findRow(view, files[file]!, { finder, row: isFirst ? from.row : start, by: from.by });
    if (row !== undefined) return { file, row };
  }
  return undefined;
};

/** Rows above one that was found. */
const CONTEXT = 3;

const showHit = (state: DiffState, view: PatchView, found: Place | undefined): DiffState => {
  const file = found && view.files[found.file];
  if (found === undefined || file === undefined) return { ...state, hit: 'none' };
  return {
    ...withFile(state, file),
    at: anchorOf(view.rows(file), Math.max(0, found.row - CONTEXT)),
    hit: { file: file.key, row: found.row },
  };
};

/** From what was found last as long as it is seen, else from the first row that is. */
const searchFrom = (
  state: DiffState,
  view: PatchView,
  { facts, by }: { facts: PaneFacts; by: 0 | 1 | -1 },
): Place => {
  const open = openFile(state, view);
  const file = view.files[open];
  if (file === undefined) return { file: by === -1 ? view.files.length - 1 : 0, row: 0 };
  const window = diffLayout(facts, state.wrap);
  const top = topRow(state, view, { file, window });
  const hit = state.hit === 'none' ? undefined : state.hit;
  const isSeen = hit?.file === file.key && hit.row >= top && hit.row < top + window.height;
  return { file: open, row: isSeen && by !== 0 ? hit.row + by : top };
};

const search = (state: DiffState, by: 0 | 1 | -1, facts: PaneFacts): DiffState => {
  const { view } = shownDiff(state.source, facts);
  if (view.files.length === 0) return { ...state, hit: 'none' };
  const from = searchFrom(state, view, { facts, by });
  return showHit(state, view, find(view, state.search, { ...from, by: by === -1 ? -1 : 1 }));
};

/** The diff tab after an action. */
export const reduceDiff = (state: DiffState, action: PaneAction, facts: PaneFacts): DiffState => {
  switch (action.kind) {
    case 'move':
      return move(state, action, facts);
    case 'side':
      return toSide(state, action.by, facts);
    case 'enter':
      return openFile(state, shownDiff(state.source, facts).view) < 0 ? toSide(state, 1, facts) : state;
    case 'toggle':
      return toggle(state, action.what, facts);
    case 'jump':
      return withSource(state, action.iteration);
    case 'search':
      return search({ ...state, search: action.text }, 0, facts);
    case 'search-step':
      return search(state, action.by, facts);
    default:
      return state;
  }
};
