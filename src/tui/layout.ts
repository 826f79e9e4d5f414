import type { Size } from './pane.ts';

/** Below this nothing of use fits: one line says so. */
export const LEAST: Size = { width: 60, height: 15 };
export const isTooSmall = (size: Size): boolean => size.width < LEAST.width || size.height < LEAST.height;

export interface FleetLayout {
  /** Rows of the table, without its head. */
  readonly rows: number;
  /** Lines of the preview below its head; 0 when it is hidden. */
  readonly preview: number;
}
/** Header, rule, table head, rule, footer; with a preview its head, and a rule more. */
const FLEET_FRAME = 5;
const PREVIEW_FRAME = 2;

/** Rows that the table keeps however short the list is: room for what is said of an empty one. */
const LEAST_ROWS = 4;

/** `lines` are those of the list: what a short one leaves free goes to the preview. */
export const fleetLayout = (
  size: Size,
  withPreview: boolean,
  lines = Number.POSITIVE_INFINITY,
): FleetLayout => {
  const free = Math.max(1, size.height - FLEET_FRAME);
  if (!withPreview || size.height < 20) return { rows: free, preview: 0 };
  const shared = free - PREVIEW_FRAME;
  const most = shared - Math.max(3, Math.floor(shared * 0.4));
  const rows = Math.min(most, Math.max(LEAST_ROWS, lines));
  return { rows, preview: shared - rows };
};

/** Tabs, rule, rule, footer. */
const RUN_FRAME = 4;
/** What a tab has to draw in. */
export const paneSize = (size: Size): Size => ({
  width: size.width,
  height: Math.max(1, size.height - RUN_FRAME),
});
