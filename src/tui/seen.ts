import type { RunInfo } from '../commands/app.ts';
import { waitOf } from '../commands/run-table.ts';
import { visibleLines } from './fleet-lines.ts';
import { fleetLayout } from './layout.ts';
import type { Frame } from './screen-types.ts';
import { fleetColumns } from './views/fleet-columns.ts';
import { headerText } from './views/fleet-header.ts';

/** Wide enough for every cell to say all that it can. */
const WIDE = 60;
const rowTexts = new WeakMap<RunInfo, string>();

/** Everything that a row can show, however wide it is drawn, but for what passes by itself. */
const lastingText = (run: RunInfo): string => {
  const known = rowTexts.get(run);
  if (known !== undefined) return known;
  const text = fleetColumns
    .map(({ cell }) => cell({ run, isSelected: false, pending: [], now: 0 }, WIDE))
    .join('\n');
  rowTexts.set(run, text);
  return text;
};

const rowText = (run: RunInfo, now: number): string => {
  const wait = waitOf(run, now);
  return wait === undefined ? lastingText(run) : `${lastingText(run)}\n${wait}`;
};

/** The runs of a frame whose status can be read off it. */
const shownRuns = (frame: Frame): readonly (RunInfo | undefined)[] => {
  const { ui, size, order, heads } = frame;
  if (ui.screen === 'run')
    return ui.tab === 'overview' && ui.cursor !== undefined ? [frame.run(ui.cursor)] : [];
  const { rows } = fleetLayout(size, ui.preview, order.length + heads.length);
  return visibleLines({ total: order.length, heads }, ui.top, rows).map((line) =>
    line.kind === 'run' ? frame.run(order[line.index] ?? '') : undefined,
  );
};

/** Whether a frame shows a countdown: it is another one a second later. */
export const showsCountdown = (frame: Frame): boolean =>
  shownRuns(frame).some((run) => run !== undefined && waitOf(run, frame.now) !== undefined);

const seenOfFleet = (frame: Frame): readonly unknown[] => {
  const { size, order, heads, totals, supervisor, now } = frame;
  const header = headerText({ totals, supervisor, now, notes: [] }, size.width);
  const texts = shownRuns(frame).map((run) => (run === undefined ? '' : rowText(run, now)));
  return [order, heads, header.notes, ...header.counts.map(({ text }) => text), ...texts];
};

/**
 * What of a frame can be seen: frames with the same answers look the same. A thousand runs write without a pause,
 * most of them off the screen, and drawing costs ten times as much as this.
 */
export const seenOf = (frame: Frame, filesVersion: number): readonly unknown[] => {
  const { ui, size, pending } = frame;
  const common = [ui, size, pending, frame.log().version];
  if (ui.screen === 'fleet') return [...common, ...seenOfFleet(frame)];
  const run = ui.cursor === undefined ? undefined : frame.run(ui.cursor);
  return [...common, run, filesVersion, ...shownRuns(frame).map((one) => one && waitOf(one, frame.now))];
};

export const looksTheSame = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);
