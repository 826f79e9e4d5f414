import type { BackendChoice, RunChoices, UsableProfile } from '../commands/app.ts';
import { backends, type BackendId } from '../domain/backend.ts';
import { RalphError } from '../domain/error.ts';
import { AGENTS } from '../domain/spec/task.ts';
import type { EngineDeps } from '../engine/deps.ts';
import type { ModelPort } from '../ports/model.ts';

/** The profiles, each with what keeps it from being used. */
export const profilesOf = (models: ModelPort): readonly UsableProfile[] =>
  models.profiles.map((profile) => {
    const problem = models.check(profile.name)[0];
    return problem === undefined ? profile : { ...profile, problem };
  });

const backendChoice = async (deps: EngineDeps, id: BackendId): Promise<BackendChoice> => {
  try {
    const provider = await deps.provider(id);
    const failed = (await provider.check()).find((finding) => finding.level === 'fail');
    return { id, isolated: provider.traits.isolated, ...(failed && { problem: failed.what }) };
  } catch (error) {
    if (!(error instanceof RalphError)) throw error;
    return { id, isolated: false, problem: error.message };
  }
};

/** What a run can be made with here: every backend is looked at. */
export const choicesOf = async (deps: EngineDeps, modelsYaml: string | undefined): Promise<RunChoices> => {
  const models = await deps.models(modelsYaml);
  const drives = (kind: string): boolean => {
    try {
      deps.agent(kind, models);
      return true;
    } catch {
      return false;
    }
  };
  return {
    backends: await Promise.all(backends.map((id) => backendChoice(deps, id))),
    agents: AGENTS.filter(drives),
    profiles: profilesOf(models),
  };
};
