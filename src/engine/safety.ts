import type { BackendId } from '../domain/backend.ts';
import { RalphError } from '../domain/error.ts';
import { safetyChecklist, type SafetyFacts, type SafetyFinding } from '../domain/safety-checklist.ts';
import { resolveSandbox, type SandboxChoice } from '../domain/sandbox-choice.ts';
import type { TaskSpec } from '../domain/spec/task.ts';
import type { Finding } from '../ports/sandbox.ts';
import type { EngineDeps } from './deps.ts';
import { parseRunJson } from './run-json.ts';

export interface SafetyPlace {
  readonly task: TaskSpec;
  readonly backend: BackendId;
  readonly isolated: boolean;
  readonly hasGit: boolean;
  readonly choice: SandboxChoice;
  /** What the backend's `check` says. */
  readonly findings: readonly Finding[];
}

const envFileFacts = async (deps: EngineDeps, path: string | undefined): Promise<SafetyFacts['envFile']> => {
  if (path === undefined) return undefined;
  try {
    await deps.envFile(path);
    return {};
  } catch (error) {
    if (!(error instanceof RalphError)) throw error;
    return { problem: { what: error.message, hint: error.hint ?? '' } };
  }
};

/** The checklist before a run of this task, for `ralph doctor` and for the run's own log. */
export const checkSafety = async (
  deps: EngineDeps,
  { task, backend, isolated, hasGit, choice, findings }: SafetyPlace,
): Promise<readonly SafetyFinding[]> => {
  const { resources, network } = resolveSandbox(
    { wish: task.sandbox, resources: task.sandboxResources ?? {} },
    choice,
  );
  const ran = (id: string): boolean =>
    parseRunJson(deps.homes.peek(id, { withLock: false })?.runJson)?.state.task === task.taskId;
  const noLimits = findings.find((finding) => finding.noLimits);
  return safetyChecklist({
    ...(noLimits && { noLimits }),
    backend,
    isolated,
    hasGit,
    resources,
    network,
    envFile: await envFileFacts(deps, choice.envFile),
    maxIterations: task.budgets.maxIterations,
    isFirst: !deps.homes.list().some(ran),
  });
};
