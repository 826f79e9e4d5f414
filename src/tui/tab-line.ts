import { runTabs, type RunTab } from '../commands/screen-action.ts';
import { markInvisible, singleLine } from '../domain/terminal.ts';
import { cut, widthOf } from './fit.ts';
import type { AnyPane } from './pane.ts';
import type { Frame } from './screen-types.ts';

type Panes = Readonly<Record<RunTab, AnyPane>>;

/** The line of tabs above a run: what is drawn is also what the mouse finds. */
export interface TabLine {
  readonly head: string;
  readonly gap: number;
  readonly tabs: readonly { readonly tab: RunTab; readonly text: string }[];
}

const sum = (texts: readonly string[]): number => texts.reduce((width, text) => width + widthOf(text), 0);
const GAP = 2;

const safe = (text: string, max: number): string => markInvisible(singleLine(text, max));

/** Where it is narrow, only the numbers stay, and the open tab's name; the run's own name gives way to them. */
export const tabLine = ({ ui, size, run: find }: Frame, panes: Panes): TabLine => {
  const run = ui.cursor === undefined ? undefined : find(ui.cursor);
  const whole = run ? ` ‹ ${safe(run.id, 24)}  ${safe(run.state.task, 30)}` : ' ‹ ';
  const full = runTabs.map((tab, i) => ` ${i + 1} ${panes[tab].title} `);
  const short = runTabs.map((tab, i) => (tab === ui.tab ? full[i]! : ` ${i + 1} `));
  const names = widthOf(whole) + GAP + sum(full) <= size.width ? full : short;
  const head = cut(whole, size.width - GAP - sum(names));
  const gap = Math.max(GAP, size.width - widthOf(head) - sum(names));
  return { head, gap, tabs: runTabs.map((tab, i) => ({ tab, text: names[i]! })) };
};

/** The tab under a column; undefined beside all of them. */
export const tabAt = (frame: Frame, panes: Panes, column: number): RunTab | undefined => {
  const { head, gap, tabs } = tabLine(frame, panes);
  let at = widthOf(head) + gap;
  for (const { tab, text } of tabs) {
    if (column >= at && column < at + widthOf(text)) return tab;
    at += widthOf(text);
  }
  return undefined;
};
