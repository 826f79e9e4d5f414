import type { RunTab } from '../commands/screen-action.ts';
import type { AnyPane } from './pane.ts';
import { diagnosticsPane } from './views/diagnostics.ts';
import { diffPane } from './views/diff.tsx';
import { guardrailsPane } from './views/guardrails.ts';
import { iterationsPane } from './views/iterations.tsx';
import { logsPane } from './views/logs.tsx';
import { notesPane } from './views/notes.ts';
import { overviewPane } from './views/overview.tsx';
import { sandboxPane } from './views/sandbox.ts';
import { specPane } from './views/spec.tsx';

/** Every tab of the run screen. */
export const panes: Readonly<Record<RunTab, AnyPane>> = {
  overview: overviewPane,
  logs: logsPane,
  diff: diffPane,
  spec: specPane,
  guardrails: guardrailsPane,
  notes: notesPane,
  iterations: iterationsPane,
  diagnostics: diagnosticsPane,
  sandbox: sandboxPane,
};
