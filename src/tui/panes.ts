import type { RunTab } from '../commands/screen-action.ts';
import type { AnyPane } from './pane.ts';
import { logsPane } from './views/logs.tsx';
import { overviewPane } from './views/overview.tsx';
import { textPane } from './views/text-pane.tsx';

/** Every tab of the run screen. */
export const panes: Readonly<Record<RunTab, AnyPane>> = {
  overview: overviewPane,
  logs: logsPane,
  diff: textPane({
    tab: 'diff',
    title: 'Diff',
    path: (run) => `iterations/${run.state.committed}/git_diff.patch`,
    empty: 'No iteration has ended yet.',
  }),
  spec: textPane({ tab: 'spec', title: 'Spec', path: () => '@task', empty: 'There is no task file.' }),
  guardrails: textPane({
    tab: 'guardrails',
    title: 'Guardrails',
    path: () => 'guardrails.md',
    empty: 'No signs yet. g adds one.',
  }),
  notes: textPane({
    tab: 'notes',
    title: 'Notes',
    path: () => 'notes.md',
    empty: 'No notes yet. n adds one.',
  }),
  iterations: textPane({
    tab: 'iterations',
    title: 'Iterations',
    path: () => '@iterations',
    empty: 'No iteration has started yet.',
  }),
  diagnostics: textPane({
    tab: 'diagnostics',
    title: 'Diagnose',
    path: () => 'diagnostics.md',
    empty: 'No diagnosis yet. D asks a strong model for one.',
  }),
  sandbox: textPane({ tab: 'sandbox', title: 'Sandbox', path: () => '@sandbox', empty: 'Looking…' }),
};
