import type { BackendId } from '../domain/backend.ts';
import { RalphError } from '../domain/error.ts';
import { imageMissing, pickDefault, type ImageInfo } from '../domain/image.ts';
import { needsIsolation, resolveSandbox, type SandboxChoice } from '../domain/sandbox-choice.ts';
import type { TaskSpec } from '../domain/spec/task.ts';
import type { SandboxSpec } from '../ports/sandbox.ts';
import type { EngineDeps } from './deps.ts';

/** Throws `usage` for wishes that nothing on a backend without isolation could fulfil: they are never dropped silently. */
export const checkWishes = (
  task: TaskSpec,
  said: Partial<Pick<SandboxChoice, 'preset' | 'network'>>,
  place: { readonly backend: BackendId; readonly isolated: boolean },
): void => {
  const unmet = place.isolated ? [] : needsIsolation(task.sandbox, said);
  if (unmet.length === 0) return;
  throw new RalphError(
    'usage',
    `the ${place.backend} backend has no isolation, so no ${unmet.join(', no ')}`,
    {
      hint: 'leave it out, or take a sandbox: --backend podman',
    },
  );
};

export interface PickedImage {
  readonly name: string;
  readonly image: ImageInfo;
  /** This version would build another one. */
  readonly outdated: boolean;
}

/** The image to make a sandbox from; undefined where the backend keeps none. Throws `config` when it is not there: nothing else takes its place. */
export const pickImage = async (
  deps: EngineDeps,
  backend: BackendId,
  named: string | undefined,
): Promise<PickedImage | undefined> => {
  const store = await deps.containers(backend);
  if (!store) return undefined;
  if (named !== undefined) {
    const image = await store.image(named);
    if (!image) throw imageMissing(store.backend, named);
    return { name: named, image, outdated: store.isOutdated(image) };
  }
  const picked = pickDefault(await store.images());
  if (!picked) throw imageMissing(store.backend);
  return { ...picked, outdated: store.isOutdated(picked.image) };
};

/** What of a sandbox the task file, the command line and the settings decide; an env file is read apart. */
export const limitsOf = (
  task: TaskSpec,
  choice: SandboxChoice | undefined,
): Pick<SandboxSpec, 'resources' | 'network'> => {
  if (choice === undefined) return { ...(task.sandboxResources && { resources: task.sandboxResources }) };
  const { resources, network } = resolveSandbox(
    { wish: task.sandbox, resources: task.sandboxResources ?? {} },
    choice,
  );
  return { resources, network };
};
