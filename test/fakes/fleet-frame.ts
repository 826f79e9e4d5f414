import type { RunInfo } from '../../src/commands/app.ts';
import type { SupervisorView } from '../../src/commands/screen-face.ts';
import { blankRun, type RunState } from '../../src/domain/run-state.ts';
import { createFleetStore, filterProblem, type FleetStore } from '../../src/tui/fleet-store.ts';
import { createLogBuffer } from '../../src/tui/log-buffer.ts';
import type { Size } from '../../src/tui/pane.ts';
import type { Frame } from '../../src/tui/screen-types.ts';
import { themeOf } from '../../src/tui/theme.ts';
import { firstUi, settle, type UiState } from '../../src/tui/ui-state.ts';

/** A run as lists hold it. */
export const runInfo = (id: string, state: Partial<RunState> = {}, orphaned = false): RunInfo => ({
  id,
  dir: `/runs/${id}`,
  orphaned,
  state: {
    ...blankRun(id),
    task: `task-${id}`,
    repo: 'https://example.com/org/shop.git',
    profile: 'default-cheap',
    backend: 'podman',
    isolated: true,
    branch: `ralph/task-${id}`,
    status: 'running',
    budgets: { maxIterations: 10, maxWallTimeMinutes: 60, maxCostUsd: 10, maxConsecutiveGutter: 3 },
    lastAt: '2026-03-01T12:04:31.000Z',
    lastSeq: 1,
    ...state,
  },
});

export const storeOf = (runs: readonly RunInfo[]): FleetStore => {
  const store = createFleetStore();
  for (const run of runs) store.put(run);
  return store;
};

export interface FramePlan {
  readonly runs: readonly RunInfo[];
  readonly size: Size;
  readonly ui?: Partial<UiState>;
  readonly supervisor?: SupervisorView;
  readonly more?: Partial<Frame>;
}

/** A frame of the fleet as the screen would make it. */
export const fleetFrame = ({ runs, size, ui: given, supervisor, more }: FramePlan): Frame => {
  const store = storeOf(runs);
  const wanted: UiState = { ...firstUi(''), ...given };
  const { ids, heads } = store.list(wanted);
  const ui = settle(wanted, { order: ids, heads, size });
  const log = createLogBuffer([], 0);
  return {
    ui,
    size,
    theme: themeOf('none'),
    totals: store.totals,
    count: store.size,
    order: ids,
    heads,
    filterProblem: filterProblem(ui.filter),
    selection: {
      listed: ids.filter((id) => ui.selected.has(id)).length,
      hidden: [...ui.selected].filter((id) => !ids.includes(id)).length,
    },
    supervisor: supervisor ?? { running: false, report: undefined },
    now: Date.parse('2026-03-01T14:00:00.000Z'),
    pending: [],
    readOnly: false,
    run: store.get,
    log: () => log,
    pane: () => undefined,
    keys: [],
    ...more,
  };
};
