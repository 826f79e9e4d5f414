import { copyFileSync, chmodSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RalphError } from '../../domain/error.ts';
import { IMAGE_LABEL, ROOTFS_IMAGE, ROOTFS_SUITE, rootfsPackages } from '../../domain/image.ts';
import type { ImageInfo, ImageRecipe } from '../../domain/image.ts';
import type { ImageBuild } from '../../ports/container-store.ts';
import { engineArgv, engineText, runLong, type Engine } from './engine-command.ts';

/** A distribution's node is a small program beside its library: only the one that Node itself publishes stands alone. */
const WHOLE_NODE_BYTES = 40 * 1024 * 1024;

/** The image that `--rootfs` makes here: Debian's packages, and the Node that runs this program. */
export const rootfsRecipe = (agents: readonly string[]): ImageRecipe => ({
  method: 'rootfs',
  base: `${ROOTFS_IMAGE}:${ROOTFS_SUITE}`,
  agents,
  node: Number(process.versions.node.split('.')[0]),
});

interface RootfsPlace {
  readonly engine: Engine;
  readonly image: (name: string) => Promise<ImageInfo | undefined>;
  /** Gone afterwards. */
  readonly dir: string;
  readonly base: string;
  readonly build: ImageBuild;
}

/** Debian's packages as a base image; one that is there is taken again unless everything is to be made anew. */
export const makeRootfs = async (place: RootfsPlace): Promise<void> => {
  const { engine, image, dir, base, build } = place;
  if (!build.rebuild && (await hasAll(await image(base), engine, base))) return;
  const tar = join(dirname(dir), `rootfs-${process.pid}.tar`);
  try {
    await runLong({
      argv: ['mmdebstrap', '--variant=minbase', `--include=${rootfsPackages.join(',')}`, ROOTFS_SUITE, tar],
      env: engine.env,
      what: 'mmdebstrap',
      hint: 'Install mmdebstrap (and, without root, uidmap); Debian’s mirror has to be reachable.',
      onLine: build.onLine,
      signal: build.signal,
    });
    const labels = { [IMAGE_LABEL]: 'rootfs', [PACKAGES_LABEL]: packages };
    const changes = Object.entries(labels).flatMap(([key, value]) => ['--change', `LABEL ${key}=${value}`]);
    await runLong({
      argv: engineArgv(engine, ['import', ...changes, tar, base]),
      env: engine.env,
      what: `${engine.backend} import`,
      hint: 'ralph doctor says whether there is room on the disk',
      onLine: build.onLine,
      signal: build.signal,
    });
  } finally {
    rmSync(tar, { force: true });
  }
};

const PACKAGES_LABEL = 'ralph.image.packages';
const packages = rootfsPackages.join('.');

const hasAll = async (image: ImageInfo | undefined, engine: Engine, base: string): Promise<boolean> => {
  if (image === undefined) return false;
  const format = `{{index .Config.Labels "${PACKAGES_LABEL}"}}`;
  return (await engineText(engine, ['image', 'inspect', '--format', format, base])).trim() === packages;
};

interface Stage {
  /** Becomes `/usr/local`. */
  readonly prefix: string;
  readonly env: Engine['env'];
  readonly recipe: ImageRecipe;
  readonly build: ImageBuild;
}

/** Node, npm, pnpm and the agents, unpacked without running a script of theirs: that happens in the image. */
export const stageNode = async ({ prefix, env, recipe, build }: Stage): Promise<void> => {
  const node = process.execPath;
  if (process.platform !== 'linux' || statSync(node).size < WHOLE_NODE_BYTES)
    throw new RalphError(
      'config',
      `${node} cannot be taken into an image: it is no program that stands alone`,
      {
        hint: 'Run ralph with the Node of nodejs.org on Linux, or build from a registry: ralph image build',
      },
    );
  mkdirSync(join(prefix, 'bin'), { recursive: true });
  copyFileSync(node, join(prefix, 'bin', 'node'));
  chmodSync(join(prefix, 'bin', 'node'), 0o755);
  await runLong({
    argv: [
      'npm',
      'install',
      '--global',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--prefix',
      prefix,
      'npm',
      'pnpm',
      ...recipe.agents,
    ],
    // Packages for other Nodes or systems than that of the image would be installed by another one.
    env: { ...env, PATH: `${dirname(node)}:${env['PATH'] ?? ''}` },
    what: 'npm install',
    hint: 'The package registry of npm has to be reachable, or a mirror of it in ~/.npmrc.',
    onLine: build.onLine,
    signal: build.signal,
  });
};
