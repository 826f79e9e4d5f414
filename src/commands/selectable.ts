import type { SelectableRun } from '../domain/select.ts';
import type { RunInfo } from './app.ts';

/** Runs as `selectRuns` wants them, each with the whole info. */
export const selectable = (
  runs: readonly RunInfo[],
): readonly (SelectableRun & { readonly info: RunInfo })[] =>
  runs.map((info) => ({
    id: info.id,
    status: info.state.status,
    task: info.state.task,
    title: info.state.title,
    backend: info.state.backend,
    profile: info.state.profile,
    repo: info.state.repo,
    loopScore: info.state.loopScores.at(-1) ?? 0,
    iteration: info.state.iteration,
    info,
  }));
