import { RalphError } from '../domain/error.ts';
import { linesOfPatch, overlapOf, type ChangedLines } from '../domain/overlap.ts';
import { singleLine } from '../domain/terminal.ts';
import type { OpenChange, ScmProvider } from '../ports/scm.ts';
import { emit, type RunContext } from './run-context.ts';

const ABOUT = 'overlap';
const MAX_PATCH = 2 * 1024 * 1024;
/** Pull requests whose lines are looked at after one iteration: each costs a call. */
const MOST_LOOKED_AT = 5;
const MAX_NAMES = 20;

const ownLines = async (ctx: RunContext, sha: string): Promise<ChangedLines> => {
  const diff = await ctx.home.repo.diff(ctx.state.baseSha, sha, { maxBytes: MAX_PATCH });
  const known = linesOfPatch(diff.patch);
  return new Map(diff.files.map(({ path }) => [path, known.get(path) ?? []]));
};

const namesOf = (ctx: RunContext, files: readonly string[]): readonly string[] =>
  files.slice(0, MAX_NAMES).map((file) => singleLine(ctx.deps.redact(file), 200));

/** Our own, and the one that this run is stacked on. */
const isOurs = ({ state }: RunContext, { headBranch }: OpenChange): boolean =>
  headBranch !== undefined && (headBranch === state.branch || headBranch === state.baseBranch);

/** Enters what is new. True where the same lines are changed by somebody else. */
const compare = async (
  ctx: RunContext,
  scm: Required<Pick<ScmProvider, 'changedLines'>>,
  { change, ours }: { readonly change: OpenChange; readonly ours: ChangedLines },
): Promise<string | undefined> => {
  const lines = await scm.changedLines(change.number);
  const overlap = overlapOf(ours, { files: change.files, lines });
  if (!overlap) return undefined;
  const [files, sameLines] = [namesOf(ctx, overlap.files), namesOf(ctx, overlap.sameLines)];
  const { number, url } = change;
  emit(ctx, { type: 'overlap.found', number, url, files, sameLines }, { sync: true });
  return sameLines.length === 0
    ? undefined
    : `pull request #${number} changes the same lines of ${sameLines.join(', ')}`;
};

/**
 * Looks at the other open pull requests (spec 14.3): a file in common is a warning; the same lines are one too, or
 * with `pr.on_overlap: pause` what a pause is for. Each is told once for the same files. What cannot be read is no hindrance.
 */
export const findOverlaps = async (ctx: RunContext, sha: string): Promise<string | undefined> => {
  try {
    const scm = await ctx.deps.scm({ url: ctx.state.repo });
    if (!scm.openChanges || !scm.changedLines) return undefined;
    const { changedLines } = scm;
    const ours = await ownLines(ctx, sha);
    const near = (await scm.openChanges()).filter((change) => {
      const common = change.files.filter((file) => ours.has(file)).toSorted();
      const told = ctx.state.overlaps[change.number];
      return common.length > 0 && !isOurs(ctx, change) && told !== namesOf(ctx, common).join('\n');
    });
    const reasons: string[] = [];
    for (const change of near.slice(0, MOST_LOOKED_AT)) {
      const reason = await compare(ctx, { changedLines }, { change, ours });
      if (reason !== undefined) reasons.push(reason);
    }
    return ctx.task.pr.onOverlap === 'pause' && reasons.length > 0 ? reasons.join('; ') : undefined;
  } catch (error) {
    if (!(error instanceof RalphError)) throw error;
    if (error.code !== 'scm.limited' && !ctx.overlapProblem)
      emit(ctx, { type: 'warning', about: ABOUT, text: ctx.deps.redact(error.message) });
    ctx.overlapProblem = true;
    return undefined;
  }
};
