import type { CurrentDiff } from '../domain/current-diff.ts';
import { RalphError } from '../domain/error.ts';
import type { RunId } from '../domain/event.ts';
import { foldRunEntries, type RunState } from '../domain/run-state.ts';
import { isEnded } from '../domain/run-status.ts';
import type { RunRepo } from '../ports/run-repo.ts';
import type { SandboxRef } from '../ports/sandbox.ts';
import type { EngineDeps } from './deps.ts';
import { parseRunJson } from './run-json.ts';
import { lookAtDiff } from './workspace/look.ts';
import { supervise } from './workspace/supervise.ts';

/** As much as an iteration's own patch may have. */
const MAX_DIFF = 4 * 1024 * 1024;

type Deps = Pick<EngineDeps, 'homes' | 'provider' | 'host' | 'redact'>;
interface Looked {
  readonly state: RunState;
  readonly sandbox: SandboxRef | undefined;
  readonly isWorkedOn: boolean;
}

/** By the cache, which is written after each iteration: its head is where the one that is under way began. */
const lookAt = (deps: Deps, id: RunId): Looked => {
  const peek = deps.homes.peek(id);
  if (peek === undefined)
    throw new RalphError('run.not-found', `there is no run ${id}`, { hint: 'ralph ls lists them' });
  const json = parseRunJson(peek.runJson);
  const state = json?.state ?? foldRunEntries(id, deps.homes.entries(id));
  return { state, sandbox: json?.sandbox, isWorkedOn: peek.locked && !isEnded(state.status) };
};

/** Without the lock of the run, beside its runner: only looks. */
const ofWorkTree = async (deps: Deps, { state, sandbox }: Looked): Promise<CurrentDiff | string> => {
  if (sandbox === undefined) return 'there is no sandbox yet';
  try {
    const raw = await (await deps.provider(sandbox.backend)).attach(sandbox);
    if (raw === undefined) return 'the sandbox is gone';
    const box = supervise(raw, () => deps.host.newId());
    const from = state.headSha ?? state.baseSha;
    const { patch, cut } = await lookAtDiff(box, `${box.workdir}/repo`, { from, maxBytes: MAX_DIFF });
    return {
      kind: 'work-tree',
      from,
      to: undefined,
      iteration: state.committed + 1,
      patch: deps.redact(patch),
      cut,
      note: undefined,
    };
  } catch (error) {
    if (error instanceof RalphError) return error.message;
    throw error;
  }
};

const ofBranch = async (
  deps: Deps,
  { repo, state }: { readonly repo: RunRepo; readonly state: RunState },
  note: string | undefined,
): Promise<CurrentDiff> => {
  const from = state.baseSha;
  const to = (await repo.readRef(`refs/heads/${state.branch}`)) ?? state.headSha ?? from;
  if (from === '') return { kind: 'none', why: 'The run has no branch yet.' };
  const { patch, truncated } = await repo.diff(from, to, { maxBytes: MAX_DIFF });
  return {
    kind: 'branch',
    from,
    to,
    iteration: undefined,
    patch: deps.redact(patch),
    cut: truncated,
    note,
  };
};

/**
 * What the iteration that is under way has changed, as seen in its sandbox without disturbing it; for a run that
 * nobody works on, or without a sandbox, what its branch changed since its base. `repo` is the run's own. Throws RalphError.
 */
export const currentDiff = async (
  deps: Deps,
  run: { readonly id: RunId; readonly repo: RunRepo },
): Promise<CurrentDiff> => {
  const looked = lookAt(deps, run.id);
  const now = looked.isWorkedOn ? await ofWorkTree(deps, looked) : undefined;
  if (typeof now === 'object') return now;
  return ofBranch(deps, { repo: run.repo, state: looked.state }, now);
};
