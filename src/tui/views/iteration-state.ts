import type { PaneAction } from '../../commands/screen-action.ts';
import type { PaneFacts } from '../pane.ts';
import { moveCursor, moveTop } from '../scroll.ts';
import { themeOf } from '../theme.ts';
import { finderOf, lastTop, type Window } from './diff-window.ts';
import { iterationNames, listWidth, type IterationName } from './iteration-list.ts';
import { partLines, parts, partText, type Part } from './iteration-parts.ts';

export interface IterationsState {
  /** Name of the folder; undefined: the newest. */
  readonly name: string | undefined;
  readonly focus: 'list' | 'part';
  readonly part: Part;
  /** First line of the part that is seen. */
  readonly top: number;
  readonly wrap: boolean;
  readonly search: string;
  /** The line in which the text was found last; undefined while it was not looked for here. */
  readonly hit: number | 'none' | undefined;
}
export const firstIterations: IterationsState = {
  name: undefined,
  focus: 'list',
  part: 'prompt.md',
  top: 0,
  wrap: true,
  search: '',
  hit: undefined,
};

const GAP = 3;
/** In front of each line of a part. */
const MARGIN = 1;
/** The tabs of the parts, and what is said of the open one. */
const HEAD_LINES = 2;
/** The head of the list. */
const LIST_HEAD = 1;

export const partWindow = ({ size }: PaneFacts, wrap: boolean): Window => ({
  width: size.width - listWidth(size.width) - GAP - MARGIN,
  height: Math.max(1, size.height - HEAD_LINES),
  wrap,
});

/** What is open: the iteration's folder, its parts and the text of the open one. */
export interface OpenIteration {
  readonly names: readonly IterationName[];
  /** -1 when there is no such iteration. */
  readonly index: number;
  readonly name: string | undefined;
  readonly there: readonly Part[];
  readonly text: string | undefined;
}
export const openIteration = (state: IterationsState, facts: PaneFacts): OpenIteration => {
  const names = iterationNames(facts);
  const index = state.name === undefined ? 0 : names.findIndex((one) => one.name === state.name);
  const name = names[index]?.name;
  if (name === undefined) return { names, index: -1, name, there: [], text: undefined };
  const files = (facts.file(`@parts/${name}`) ?? '').split('\n');
  const there = parts.filter((part) => files.includes(part));
  const text = there.includes(state.part) ? facts.file(`iterations/${name}/${state.part}`) : undefined;
  return { names, index, name, there, text };
};

const plain = themeOf('none');

/** The last line that may stand on top, so that the window stays full. */
const lastLine = (state: IterationsState, text: string, facts: PaneFacts): number =>
  lastTop(partText(state.part, text, { theme: plain }), partWindow(facts, state.wrap));

/** First line that is seen: never past the end. */
export const topLine = (state: IterationsState, text: string, facts: PaneFacts): number =>
  Math.min(state.top, lastLine(state, text, facts));

type Move = Extract<PaneAction, { kind: 'move' }>;

const moveInList = (state: IterationsState, { step }: Move, facts: PaneFacts): IterationsState => {
  const { names, index } = openIteration(state, facts);
  const list = { total: names.length, page: Math.max(1, facts.size.height - LIST_HEAD) };
  const to = names[moveCursor(Math.max(0, index), step, list)];
  return to === undefined ? state : { ...state, name: to.name, top: 0, hit: undefined };
};

const moveInPart = (state: IterationsState, { step }: Move, facts: PaneFacts): IterationsState => {
  const { text } = openIteration(state, facts);
  if (text === undefined) return state;
  const page = partWindow(facts, state.wrap).height;
  const total = lastLine(state, text, facts) + page;
  return { ...state, top: moveTop(topLine(state, text, facts), step, { total, page }) };
};

/** Changes the part; to the left of the first one is the list. */
const toSide = (state: IterationsState, by: 1 | -1, facts: PaneFacts): IterationsState => {
  const { there } = openIteration(state, facts);
  const at = parts.indexOf(state.part);
  const next =
    by === 1
      ? there.find((part) => parts.indexOf(part) > at)
      : there.findLast((part) => parts.indexOf(part) < at);
  if (next !== undefined) return { ...state, part: next, top: 0, hit: undefined };
  return by === -1 && state.focus === 'part' ? { ...state, focus: 'list' } : state;
};

const findLine = (
  state: IterationsState,
  text: string,
  from: { readonly line: number; readonly by: 1 | -1 },
): number | undefined => {
  const finder = finderOf(state.search);
  const { count, line } = partLines(state.part, text);
  if (finder === undefined) return undefined;
  for (let i = 0; i < count; i += 1) {
    const at = (((from.line + from.by * i) % count) + count) % count;
    if (line(at).search(finder) >= 0) return at;
  }
  return undefined;
};

/** Lines above one that was found. */
const CONTEXT = 2;

const search = (state: IterationsState, by: 0 | 1 | -1, facts: PaneFacts): IterationsState => {
  const { text } = openIteration(state, facts);
  if (text === undefined) return { ...state, hit: 'none' };
  const top = topLine(state, text, facts);
  const { height } = partWindow(facts, state.wrap);
  const { hit } = state;
  const isSeen = typeof hit === 'number' && hit >= top && hit < top + height;
  const line = isSeen ? hit + by : top;
  const found = findLine(state, text, { line, by: by === -1 ? -1 : 1 });
  if (found === undefined) return { ...state, hit: 'none' };
  return { ...state, hit: found, top: Math.max(0, found - CONTEXT) };
};

/** The iterations tab after an action. */
export const reduceIterations = (
  state: IterationsState,
  action: PaneAction,
  facts: PaneFacts,
): IterationsState => {
  switch (action.kind) {
    case 'move':
      return state.focus === 'list' ? moveInList(state, action, facts) : moveInPart(state, action, facts);
    case 'side':
      return toSide(state, action.by, facts);
    case 'enter':
      return { ...state, focus: state.focus === 'list' ? 'part' : 'list' };
    case 'toggle':
      return action.what === 'wrap' ? { ...state, wrap: !state.wrap } : state;
    case 'jump':
      return { ...state, name: String(action.iteration), top: 0, hit: undefined };
    case 'search':
      return search({ ...state, search: action.text }, 0, facts);
    case 'search-step':
      return search(state, action.by, facts);
    default:
      return state;
  }
};
