import type { OrderKind } from '../domain/control.ts';
import { isActive, isEnded } from '../domain/run-status.ts';
import type { RunInfo } from './app.ts';
import type { CommandContext } from './define.ts';

type Reason = (run: RunInfo) => string | undefined;

const reasons: Readonly<Partial<Record<OrderKind, Reason>>> = {
  pause: ({ state }) => (state.status === 'paused' ? 'it is paused already' : undefined),
  rotate: ({ state: { status } }) =>
    isActive(status) && status !== 'queued' ? undefined : `it is ${status}: no session to rotate`,
  resume: ({ state, orphaned }) =>
    state.status === 'paused' || orphaned ? undefined : `it is ${state.status}, not paused`,
  apply: ({ state: { report } }) => {
    if (report === undefined) return 'there is no diagnose report yet: D asks for one';
    return report.applied ? 'the last report is applied already' : undefined;
  },
};

/** Why an order would come to nothing for a run; undefined when it may be sent. The run itself has the last word. */
export const reasonFor = (run: RunInfo, kind: OrderKind): string | undefined => {
  const { status } = run.state;
  if (isEnded(status)) return `the run has ${status === 'stopped' ? 'been stopped' : status}`;
  return reasons[kind]?.(run);
};

/** On the screen: why a key that sends this order does nothing just now. The command line asks the run itself. */
export const cannot = ({ ui }: CommandContext, kind: OrderKind): string | undefined => {
  if (ui === undefined) return undefined;
  if (ui.targets.length === 0) return 'no run is under the cursor';
  const found = ui.targets.map((run) => reasonFor(run, kind));
  return found.includes(undefined) ? undefined : found[0];
};
