import { RalphError } from './error.ts';
import type { AgentId } from './spec/task.ts';

/** Engines that keep images. */
export const containerBackends = ['podman', 'docker'] as const;
export type ContainerBackend = (typeof containerBackends)[number];

/** The image of runs whose task file names none; each build is tagged by its content hash, the last one `latest` too. */
export const DEFAULT_IMAGE = 'localhost/ralph-default';
/** What `--rootfs` unpacks Debian's packages into; the default image is then built on it. */
export const ROOTFS_IMAGE = 'localhost/ralph-rootfs';
/** Label of every image of ours: `default`, or `rootfs` for a base. Nothing without it is ever removed. */
export const IMAGE_LABEL = 'ralph.image';
export const HASH_LABEL = 'ralph.image.hash';
/** What the image was asked to be, as JSON: with it a later version can tell whether it would build another one. */
export const RECIPE_LABEL = 'ralph.image.recipe';

/** Base of images built from a registry: the current Node LTS on Debian (spec section 15). */
export const DEFAULT_BASE = 'docker.io/library/node:24-trixie-slim';
/** Suite and packages of images made without a registry; Node comes from the machine that builds. */
export const ROOTFS_SUITE = 'trixie';
export const rootfsPackages: readonly string[] = [
  'ca-certificates',
  'curl',
  'git',
  'jq',
  'libatomic1',
  'libstdc++6',
  'procps',
  'python3',
  'python3-pip',
  'python3-venv',
  'ripgrep',
  'util-linux',
];

/** npm packages of the agent CLIs that an image can carry. */
export const agentPackages: Readonly<Partial<Record<AgentId, string>>> = {
  claude: '@anthropic-ai/claude-code',
  codex: '@openai/codex',
  opencode: 'opencode-ai',
  gemini: '@google/gemini-cli',
};

/** What decides the content of an image: two builds with the same recipe and texts have the same tag. */
export interface ImageRecipe {
  readonly method: 'registry' | 'rootfs';
  readonly base: string;
  /** npm packages, as `name` or `name@version`. */
  readonly agents: readonly string[];
  /** Major version of the Node that `rootfs` takes along. */
  readonly node?: number;
}
export interface ImageInfo {
  readonly id: string;
  /** As in `localhost/ralph-default:0123456789ab`. */
  readonly names: readonly string[];
  /** ISO 8601. */
  readonly createdAt: string;
  readonly bytes: number;
  /** The label; undefined for images that are not ours. */
  readonly kind: string | undefined;
  readonly hash: string | undefined;
  readonly recipe: ImageRecipe | undefined;
}

/** A version of npm or a tag: nothing that npm reads as an address or a path. */
const VERSION = /^[A-Za-z0-9][A-Za-z0-9.+-]{0,63}$/;

/** `claude,codex@0.169.0` as npm packages, sorted. Throws `usage` for what is no agent with a package. */
export const agentPackagesOf = (text: string): readonly string[] => {
  const wanted = text.split(',').map((one) => one.trim());
  const packages = wanted.filter(Boolean).map((one) => {
    const [name = '', version, ...rest] = one.split('@');
    const known = Object.hasOwn(agentPackages, name) ? agentPackages[name as AgentId] : undefined;
    if (known === undefined || rest.length > 0 || (version !== undefined && !VERSION.test(version)))
      throw new RalphError('usage', `no agent to put into an image: ${JSON.stringify(one.slice(0, 80))}`, {
        hint: `Known: ${Object.keys(agentPackages).join(', ')}; a version as in claude@2.1.0`,
      });
    return version === undefined ? known : `${known}@${version}`;
  });
  return [...new Set(packages)].toSorted();
};

/** `localhost/ralph-default:HASH`: what an image is called in logs, and what a run is started from. */
export const defaultName = (hash: string): string => `${DEFAULT_IMAGE}:${hash}`;

const tagOf = (image: ImageInfo): string | undefined =>
  image.names.find((name) => name.startsWith(`${DEFAULT_IMAGE}:`) && !name.endsWith(':latest'));

/** The image that runs get when they name none: the one built last, else the newest; undefined when there is none. */
export const pickDefault = (
  images: readonly ImageInfo[],
): { readonly name: string; readonly image: ImageInfo } | undefined => {
  const ours = images
    .filter((image) => image.kind === 'default' && tagOf(image) !== undefined)
    .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
  const last = ours.find((image) => image.names.includes(`${DEFAULT_IMAGE}:latest`)) ?? ours[0];
  return last && { name: tagOf(last) ?? '', image: last };
};

/** Images of ours that no new run would take; what a container still uses, the engine keeps. */
export const oldImages = (images: readonly ImageInfo[]): readonly ImageInfo[] => {
  const current = pickDefault(images)?.image;
  const base = current?.recipe?.base;
  return images.filter(
    (image) =>
      image.kind !== undefined && image !== current && (base === undefined || !image.names.includes(base)),
  );
};
/** Where an image is named that is not there. A run never starts on the host in its place. */
export const imageMissing = (backend: ContainerBackend, name?: string): RalphError =>
  new RalphError(
    'config',
    name === undefined ? `${backend} has no image to run in` : `${backend} has no image ${name}`,
    {
      hint:
        name === undefined
          ? `ralph image build${backend === 'docker' ? ' --backend docker' : ''} makes one (--rootfs where no registry can be reached)`
          : `${backend} pull ${name}, or leave sandbox_image out and use: ralph image build`,
    },
  );
