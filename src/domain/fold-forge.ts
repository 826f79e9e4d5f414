import type { Entry } from './event.ts';
import type { RunState } from './run-state.ts';

const foldChecks = (run: RunState, entry: Extract<Entry, { type: 'checks.seen' }>): RunState => {
  const { n, sha, state, total, pending, failed } = entry;
  const before = run.checks?.sha === sha ? run.checks.since : undefined;
  return { ...run, checks: { n, sha, state, total, pending, failed, since: before ?? entry.at } };
};

const foldBranch = (run: RunState, entry: Entry): RunState | undefined => {
  switch (entry.type) {
    case 'branch.pushed':
      return { ...run, pushedSha: entry.sha, moved: undefined };
    case 'branch.moved':
      return { ...run, moved: { remote: entry.remote } };
    case 'base.changed':
      return { ...run, baseBranch: entry.to, stackedOn: entry.stackedOn };
    case 'branch.settled':
      return {
        ...run,
        pushedSha: entry.remote,
        headSha: entry.headSha,
        moved: undefined,
        // Another tree: what was verified says nothing about it.
        green: run.green && entry.headSha === run.headSha,
      };
    default:
      return undefined;
  }
};

const foldPull = (run: RunState, entry: Entry): RunState | undefined => {
  switch (entry.type) {
    case 'pr.updated':
      return { ...run, pr: { number: entry.number, url: entry.url, draft: entry.draft } };
    case 'overlap.found':
      return { ...run, overlaps: { ...run.overlaps, [entry.number]: entry.files.join('\n') } };
    case 'pr.commented':
      return { ...run, owed: run.owed?.seq === entry.about ? undefined : run.owed };
    case 'warning':
      // It could not be told: not tried again for this pause.
      return entry.about === 'comment' ? { ...run, owed: undefined } : run;
    case 'checks.seen':
      return foldChecks(run, entry);
    default:
      return undefined;
  }
};

/** The part of the reducer that belongs to the forge: branch, pull request, checks. */
export const foldForge = (run: RunState, entry: Entry): RunState | undefined =>
  foldBranch(run, entry) ?? foldPull(run, entry);
