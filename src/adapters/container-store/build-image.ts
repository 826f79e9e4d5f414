import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RalphError } from '../../domain/error.ts';
import {
  DEFAULT_BASE,
  DEFAULT_IMAGE,
  defaultName,
  HASH_LABEL,
  IMAGE_LABEL,
  RECIPE_LABEL,
} from '../../domain/image.ts';
import type { ImageInfo, ImageRecipe } from '../../domain/image.ts';
import type { BuiltImage, ImageBuild } from '../../ports/container-store.ts';
import { engineArgv, engineText, runLong, type Engine } from './engine-command.ts';
import { makeRootfs, rootfsRecipe, stageNode } from './rootfs.ts';

export interface BuildPlace {
  readonly engine: Engine;
  readonly imageDir: string;
  readonly cacheDir: string;
  readonly image: (name: string) => Promise<ImageInfo | undefined>;
}

const HASH_LENGTH = 12;
const texts = ['Containerfile', 'setup.sh'] as const;

/** Twelve hex digits over all that decides the content: the texts that ship with the package, and the recipe. */
export const contentHash = (imageDir: string, recipe: ImageRecipe): string => {
  const hash = createHash('sha256');
  for (const name of texts) hash.update(`${name}\0${readFileSync(join(imageDir, name), 'utf8')}\0`);
  const { method, base, agents, node } = recipe;
  return hash
    .update(JSON.stringify([method, base, agents, node ?? 0]))
    .digest('hex')
    .slice(0, HASH_LENGTH);
};

/** Arguments of `podman build` and `docker build`. */
export const buildArgs = (
  recipe: ImageRecipe,
  options: {
    readonly engine: Engine['backend'];
    readonly hash: string;
    readonly rebuild: boolean;
    readonly dir: string;
  },
): readonly string[] => [
  'build',
  // Else every step leaves an image without name and label behind, which nothing would ever remove.
  ...(options.engine === 'podman' ? ['--layers=false'] : []),
  '--file',
  join(options.dir, 'Containerfile'),
  '--build-arg',
  `BASE=${recipe.base}`,
  '--build-arg',
  `AGENTS=${recipe.agents.join(' ')}`,
  '--label',
  `${IMAGE_LABEL}=default`,
  '--label',
  `${HASH_LABEL}=${options.hash}`,
  '--label',
  `${RECIPE_LABEL}=${JSON.stringify(recipe)}`,
  '--tag',
  defaultName(options.hash),
  // Everything came from this machine, or else: the steps are ours, and a network of the engine's own needs more of it.
  '--network',
  recipe.method === 'rootfs' ? 'none' : 'host',
  ...(options.rebuild ? ['--no-cache'] : []),
  ...(options.rebuild && recipe.method === 'registry' && !recipe.base.startsWith('localhost/')
    ? ['--pull']
    : []),
  options.dir,
];

const checkBase = (base: string): string => {
  if (/^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}$/.test(base)) return base;
  throw new RalphError('usage', `${JSON.stringify(base.slice(0, 80))} is not the name of an image`);
};

const hintOf = ({ method }: ImageRecipe, backend: string): string =>
  method === 'rootfs'
    ? 'ralph image build --rootfs --rebuild begins anew'
    : `where no registry can be reached: ralph image build --rootfs${backend === 'docker' ? ' --backend docker' : ''}`;

/** Makes the image of this recipe unless it is there, and tags it `latest`. */
export const buildImage = async (place: BuildPlace, build: ImageBuild): Promise<BuiltImage> => {
  const { engine, image, imageDir } = place;
  const recipe: ImageRecipe = build.rootfs
    ? rootfsRecipe(build.agents)
    : { method: 'registry', base: checkBase(build.from ?? DEFAULT_BASE), agents: build.agents };
  const hash = contentHash(imageDir, recipe);
  const name = defaultName(hash);
  const there = build.rebuild ? undefined : await image(name);
  if (!there) await make(place, build, { recipe, hash });
  await engineText(engine, ['tag', name, `${DEFAULT_IMAGE}:latest`]);
  const made = await image(name);
  if (!made) throw new RalphError('bug', `${engine.backend} built ${name} and does not have it`);
  return { name, image: made, built: !there };
};

const make = async (
  place: BuildPlace,
  build: ImageBuild,
  { recipe, hash }: { readonly recipe: ImageRecipe; readonly hash: string },
): Promise<void> => {
  const { engine, imageDir, cacheDir } = place;
  const { onLine, signal } = build;
  mkdirSync(cacheDir, { recursive: true });
  const dir = mkdtempSync(join(cacheDir, 'build-'));
  try {
    cpSync(imageDir, dir, { recursive: true });
    mkdirSync(join(dir, 'local'));
    if (recipe.method === 'rootfs') {
      await makeRootfs({ ...place, dir, base: recipe.base, build });
      await stageNode({ prefix: join(dir, 'local'), env: engine.env, recipe, build });
    }
    await runLong({
      argv: engineArgv(
        engine,
        buildArgs(recipe, { engine: engine.backend, hash, rebuild: build.rebuild === true, dir }),
      ),
      env: engine.env,
      what: `${engine.backend} build`,
      hint: hintOf(recipe, engine.backend),
      onLine,
      signal,
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};
