import type { RunInfo } from '../commands/app.ts';
import { visibleLines } from './fleet-lines.ts';
import { fleetLayout } from './layout.ts';
import type { Frame } from './screen-types.ts';
import { fleetColumns } from './views/fleet-columns.ts';
import { headerText } from './views/fleet-header.ts';

/** Wide enough for every cell to say all that it can. */
const WIDE = 60;
const rowTexts = new WeakMap<RunInfo, string>();

/** Everything that a row can show, however wide it is drawn. */
const rowText = (run: RunInfo): string => {
  const known = rowTexts.get(run);
  if (known !== undefined) return known;
  const text = fleetColumns.map(({ cell }) => cell({ run, isSelected: false, pending: [] }, WIDE)).join('\n');
  rowTexts.set(run, text);
  return text;
};

const seenOfFleet = (frame: Frame): readonly unknown[] => {
  const { ui, size, order, heads, totals, supervisor, now } = frame;
  const { rows } = fleetLayout(size, ui.preview, order.length + heads.length);
  const header = headerText({ totals, supervisor, now, notes: [] }, size.width);
  const texts = visibleLines({ total: order.length, heads }, ui.top, rows).map((line) => {
    const run = line.kind === 'run' ? frame.run(order[line.index] ?? '') : undefined;
    return run === undefined ? '' : rowText(run);
  });
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
  return [...common, ui.cursor === undefined ? undefined : frame.run(ui.cursor), filesVersion];
};

export const looksTheSame = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);
