import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RalphError } from '../../domain/error.ts';

const NAME = 'ralph-fleet';
const MOST_LEVELS = 8;

interface Package {
  readonly root: string;
  readonly version: string;
}
let found: Package | undefined;

const readPackage = (dir: string): Package | undefined => {
  let text: string;
  try {
    text = readFileSync(join(dir, 'package.json'), 'utf8');
  } catch {
    return undefined;
  }
  const { name, version } = JSON.parse(text) as { readonly name?: unknown; readonly version?: unknown };
  return name === NAME ? { root: dir, version: String(version) } : undefined;
};

// Looked for upwards, because a bundle's chunks lie at other depths than the sources.
const findPackage = (): Package => {
  let dir = dirname(fileURLToPath(import.meta.url));
  for (let level = 0; level < MOST_LEVELS; level += 1) {
    const here = readPackage(dir);
    if (here !== undefined) return here;
    dir = dirname(dir);
  }
  throw new RalphError('bug', `the package ${NAME} has lost its package.json`, { hint: 'Install it again.' });
};

const thePackage = (): Package => (found ??= findPackage());

/** Absolute path of the installed package, from the sources and from the bundle alike: it holds `prompts/`. Throws `bug`. */
export const packageRoot = (): string => thePackage().root;

/** The version in package.json. */
export const packageVersion = (): string => thePackage().version;

/** Absolute path of a folder of shipped data: `src/<name>` in a checkout, its copy `dist/<name>` in a package. */
export const dataFolder = (name: string): string => {
  const inSources = join(packageRoot(), 'src', name);
  return existsSync(inSources) ? inSources : join(packageRoot(), 'dist', name);
};
