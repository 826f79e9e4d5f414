import type { PaneAction } from '../../commands/screen-action.ts';
import { moveTop } from '../scroll.ts';

/** Where one is in a text that is scrolled and searched. */
export interface TextState {
  readonly top: number;
  readonly wrap: boolean;
  readonly search: string;
}
export const firstText: TextState = { top: 0, wrap: true, search: '' };

/** The next line with the text in it, without regard to case; undefined when there is none. */
const findLine = (
  lines: readonly string[],
  wanted: string,
  from: { readonly line: number; readonly by: 1 | -1 },
): number | undefined => {
  const text = wanted.toLowerCase();
  if (text === '') return undefined;
  for (let i = 0; i < lines.length; i += 1) {
    const line = (from.line + from.by * i + lines.length * 2) % lines.length;
    if (lines[line]!.toLowerCase().includes(text)) return line;
  }
  return undefined;
};

/** A step in a text that is shown as these lines. */
export const reduceText = (
  state: TextState,
  action: PaneAction,
  view: { readonly lines: readonly string[]; readonly page: number },
): TextState => {
  const { lines, page } = view;
  const show = (line: number | undefined): TextState =>
    line === undefined
      ? state
      : { ...state, top: Math.max(0, Math.min(line, Math.max(0, lines.length - page))) };
  switch (action.kind) {
    case 'move':
      return { ...state, top: moveTop(state.top, action.step, { total: lines.length, page }) };
    case 'toggle':
      return action.what === 'wrap' ? { ...state, wrap: !state.wrap, top: 0 } : state;
    case 'search': {
      const found = findLine(lines, action.text, { line: state.top, by: 1 });
      return { ...show(found), search: action.text };
    }
    case 'search-step':
      return show(findLine(lines, state.search, { line: state.top + action.by, by: action.by }));
    default:
      return state;
  }
};
