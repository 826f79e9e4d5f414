import { succeeded } from '../../domain/exit.ts';
import { HASH_LABEL, IMAGE_LABEL, RECIPE_LABEL } from '../../domain/image.ts';
import type { ContainerBackend, ImageInfo, ImageRecipe } from '../../domain/image.ts';
import type { ContainerStore, StoredContainer } from '../../ports/container-store.ts';
import { buildImage, contentHash } from './build-image.ts';
import { engineText, engineTry, failed, type Engine } from './engine-command.ts';

export interface StoreOptions {
  readonly backend: ContainerBackend;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder with the Containerfile of the default image. */
  readonly imageDir: string;
  /** Where what takes room for a while is put. */
  readonly cacheDir: string;
}

type Labels = Readonly<Record<string, string>>;
/** The part of `image inspect` that both engines share. */
interface InspectedImage {
  readonly Id?: string;
  readonly RepoTags?: readonly string[] | null;
  readonly Created?: string;
  readonly Size?: number;
  readonly Config?: { readonly Labels?: Labels | null } | null;
}
interface InspectedContainer {
  readonly Id?: string;
  readonly Name?: string;
  readonly SizeRw?: number;
  readonly State?: { readonly Running?: boolean };
  readonly Config?: { readonly Labels?: Labels | null };
}

const recipeOf = (text: string | undefined): ImageRecipe | undefined => {
  try {
    const read: unknown = JSON.parse(text ?? 'null');
    if (typeof read !== 'object' || read === null) return undefined;
    const recipe = read as Partial<ImageRecipe>;
    return typeof recipe.base === 'string' && Array.isArray(recipe.agents)
      ? (recipe as ImageRecipe)
      : undefined;
  } catch {
    return undefined;
  }
};

const imageOf = (one: InspectedImage): ImageInfo => {
  const labels = one.Config?.Labels ?? {};
  return {
    id: one.Id ?? '',
    names: one.RepoTags ?? [],
    createdAt: new Date(one.Created ?? 0).toISOString(),
    bytes: one.Size ?? 0,
    kind: labels[IMAGE_LABEL],
    hash: labels[HASH_LABEL],
    recipe: recipeOf(labels[RECIPE_LABEL]),
  };
};

const containerOf = (one: InspectedContainer): StoredContainer => ({
  id: one.Id ?? '',
  name: (one.Name ?? '').replace(/^\//, ''),
  running: one.State?.Running === true,
  labels: one.Config?.Labels ?? {},
  bytes: one.SizeRw,
});

const GONE = /invalid reference|no such (image|container|object)|not known|no container with/i;

const words = (text: string): readonly string[] => [...new Set(text.split(/\s+/).filter(Boolean))];

/** Ids first, then all of them in one `inspect`: what is gone in between is left out, one by one. */
const inspectAll = async <T>(
  engine: Engine,
  ids: readonly string[],
  args: readonly string[],
): Promise<readonly T[]> => {
  if (ids.length === 0) return [];
  const all = await engineTry(engine, [...args, ...ids]);
  // A bounded tail is no whole JSON: then, and where one is gone, they are asked for alone.
  if (succeeded(all.exit) && !all.truncated) return JSON.parse(all.stdout) as T[];
  const found: T[] = [];
  for (const id of ids) {
    const one = await engineTry(engine, [...args, id]);
    if (succeeded(one.exit) && !one.truncated) found.push(...(JSON.parse(one.stdout) as T[]));
    // An engine that cannot answer is not one that lacks it.
    else if (!succeeded(one.exit) && !GONE.test(one.stderr)) throw failed(engine, args, one.stderr);
  }
  return found;
};

/** Podman's or Docker's images and containers through its command line, which both share. */
export const createContainerStore = (options: StoreOptions): ContainerStore => {
  const engine: Engine = { backend: options.backend, env: options.env };
  const inspectImages = async (ids: readonly string[]) =>
    (await inspectAll<InspectedImage>(engine, ids, ['image', 'inspect'])).map(imageOf);
  const image = async (name: string) => (await inspectImages([name]))[0];
  const images = async () => {
    const ids = words(
      await engineText(engine, ['images', '--quiet', '--no-trunc', '--filter', `label=${IMAGE_LABEL}`]),
    );
    return (await inspectImages(ids)).toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
  };
  return {
    backend: options.backend,
    images,
    image,
    isOutdated: ({ kind, hash, recipe }) =>
      kind === 'default' && recipe !== undefined && contentHash(options.imageDir, recipe) !== hash,
    build: (build) => buildImage({ ...options, engine, image }, build),
    removeImage: async ({ id, names }) => {
      for (const name of names.length > 0 ? names : [id]) {
        if (!succeeded((await engineTry(engine, ['rmi', name])).exit)) return false;
      }
      return true;
    },
    containers: async (fleet) => {
      const filters = ['label=ralph.run', `label=ralph.fleet=${fleet}`].flatMap((one) => ['--filter', one]);
      const ids = words(await engineText(engine, ['ps', '--all', '--quiet', '--no-trunc', ...filters]));
      const found = await inspectAll<InspectedContainer>(engine, ids, ['container', 'inspect', '--size']);
      return found.map(containerOf);
    },
    removeContainer: async (id) => {
      const { exit, stderr } = await engineTry(engine, ['rm', '--force', '--volumes', id]);
      if (!succeeded(exit) && !/no such container|no container with/i.test(stderr))
        await engineText(engine, ['rm', '--force', '--volumes', id]);
    },
  };
};
