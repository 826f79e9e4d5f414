import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { RalphError } from '../../domain/error.ts';
import {
  isProjectSetting,
  readSetting,
  settingKey,
  settingKeys,
  unknownSetting,
  type SettingKey,
  type SettingOrigin,
  type SettingScope,
  type SettingValues,
} from '../../domain/settings.ts';
import type { Settings } from '../../ports/settings.ts';

const PROJECT_FILE = 'ralph.yaml';
const LARGEST_FILE = 256 * 1024;
const MOST_LEVELS = 64;

type Env = Readonly<Record<string, string | undefined>>;
export interface SettingsSources {
  readonly env: Env;
  /** Where the project is looked for, upwards to the root of its repository. */
  readonly cwd: string;
  /** `--config`; by default `config.json` in `$XDG_CONFIG_HOME/ralph`. */
  readonly userFile?: string;
  readonly flags?: Partial<SettingValues>;
}
interface Layer {
  readonly origin: SettingOrigin;
  readonly values: ReadonlyMap<SettingKey, unknown>;
}

// The XDG rules also hold on macOS here: one path to tell people, and the state folder follows them too.
const xdg = (env: Env, name: string, standard: string): string => {
  const set = env[name];
  return set !== undefined && set.startsWith('/') ? set : join(env['HOME'] || homedir(), standard);
};

/** `$XDG_CONFIG_HOME/ralph`, by default `~/.config/ralph`. */
export const configDir = (env: Env): string => join(xdg(env, 'XDG_CONFIG_HOME', '.config'), 'ralph');

/** `$XDG_STATE_HOME/ralph`, by default `~/.local/state/ralph`: where runs live unless `state_dir` says otherwise. */
export const defaultStateDir = (env: Env): string =>
  join(xdg(env, 'XDG_STATE_HOME', '.local/state'), 'ralph');

const codeOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException | undefined)?.code ?? 'unknown error';

// Opened without blocking and checked before it is read: a FIFO or a device in the file's place must not hang us.
const readFile = (path: string): string | undefined => {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw new RalphError('config', `cannot read ${path}: ${codeOf(error)}`, { cause: error });
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new RalphError('config', `${path} is not a regular file`);
    if (stat.size > LARGEST_FILE)
      throw new RalphError('config', `${path} is larger than ${LARGEST_FILE} bytes`);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
};

const asObject = (value: unknown, path: string): Readonly<Record<string, unknown>> => {
  if (value === null || value === undefined) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new RalphError('config', `${path} does not hold settings`, {
    hint: 'One "name: value" for each setting.',
  });
};

const broken = (path: string, error: unknown): RalphError =>
  new RalphError(
    'config',
    `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    {
      hint: 'Correct the file or delete it.',
      cause: error,
    },
  );

// The user file is written by conf, which costs 23 ms to load; reading its JSON here keeps that out of every command.
const readUser = (path: string): Readonly<Record<string, unknown>> => {
  const text = readFile(path);
  if (text === undefined || text.trim() === '') return {};
  try {
    return asObject(JSON.parse(text), path);
  } catch (error) {
    throw error instanceof RalphError ? error : broken(path, error);
  }
};

const parseProject = async (path: string) => {
  const text = readFile(path) ?? '';
  const { parseProjectDocument } = await import('./project-document.ts');
  const document = parseProjectDocument(text);
  if (document.errors.length > 0) throw broken(path, document.errors[0]);
  return document;
};

const readProject = async (path: string | undefined): Promise<Readonly<Record<string, unknown>>> => {
  if (path === undefined || !existsSync(path)) return {};
  const document = await parseProject(path);
  try {
    return asObject(document.toJS({ maxAliasCount: 10 }), path);
  } catch (error) {
    throw error instanceof RalphError ? error : broken(path, error);
  }
};

/** The settings file of the repository that `cwd` lies in, there or not; undefined outside of a repository. */
const projectFile = (cwd: string): string | undefined => {
  let dir = resolve(cwd);
  for (let level = 0; level < MOST_LEVELS; level += 1) {
    if (existsSync(join(dir, '.git'))) return join(dir, PROJECT_FILE);
    if (dirname(dir) === dir) return undefined;
    dir = dirname(dir);
  }
  return undefined;
};

interface Found {
  readonly origin: 'user' | 'project';
  readonly path: string | undefined;
  readonly raw: Readonly<Record<string, unknown>>;
}

const fileLayer = ({ origin, path, raw }: Found, warnings: string[]): Layer => {
  const values = new Map<SettingKey, unknown>();
  for (const [name, value] of Object.entries(raw)) {
    const key = settingKeys.find((known) => known === name);
    if (key === undefined) {
      const { message, hint } = unknownSetting(name);
      warnings.push(`${path}: ${message}. ${hint}`);
    } else if (origin === 'project' && !isProjectSetting(key)) {
      warnings.push(`${path}: ${key} is left out: a repository may not set it. Use ralph config set ${key}.`);
    } else if (value !== null && value !== undefined) {
      values.set(key, readSetting(key, value, path ?? origin));
    }
  }
  return { origin, values };
};

const envLayer = (env: Env): Layer => {
  const values = new Map<SettingKey, unknown>();
  for (const key of settingKeys) {
    const name = `RALPH_${key.toUpperCase()}`;
    const value = env[name];
    if (value !== undefined && value !== '') values.set(key, readSetting(key, value, name));
  }
  return { origin: 'environment', values };
};

const flagLayer = (flags: Partial<SettingValues>): Layer => ({
  origin: 'flag',
  values: new Map(
    settingKeys.flatMap((key) => (flags[key] === undefined ? [] : [[key, flags[key]] as const])),
  ),
});

const defaultLayer = (env: Env): Layer => ({
  origin: 'default',
  values: new Map<SettingKey, unknown>([
    ...settingKeys.map((key) => [key, readSetting(key, undefined, 'default')] as const),
    ['state_dir', defaultStateDir(env)],
    ['models_file', join(configDir(env), 'models.yaml')],
  ]),
});

const writeUser = async (path: string, key: SettingKey, value: unknown): Promise<void> => {
  const { default: Conf } = await import('conf');
  const extension = extname(path).slice(1);
  const store = new Conf<Record<string, unknown>>({
    cwd: dirname(path),
    configName: basename(path, extname(path)),
    fileExtension: extension,
    accessPropertiesByDotNotation: false,
    configFileMode: 0o600,
  });
  store.set(key, value);
};

const writeProject = async (path: string, key: SettingKey, value: unknown): Promise<void> => {
  const document = await parseProject(path);
  document.set(key, value);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, document.toString(), { flag: 'wx' });
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
};

const writeScope = async (
  files: Settings['files'],
  scope: SettingScope,
  write: readonly [SettingKey, unknown],
) => {
  const [key, value] = write;
  if (scope === 'user') return writeUser(files.user, key, value);
  if (!isProjectSetting(key)) {
    throw new RalphError('usage', `${key} cannot be set for a project`, {
      hint: 'It is a matter of the user: leave out --project.',
    });
  }
  if (files.project === undefined) {
    throw new RalphError('usage', 'this is no repository, so there is no project to set it for', {
      hint: 'Leave out --project.',
    });
  }
  return writeProject(files.project, key, value);
};

/** Reads every source once. Throws `config` for a file that cannot be parsed and for a bad value; unknown keys are warnings. */
export const openSettings = async (sources: SettingsSources): Promise<Settings> => {
  const { env, cwd, flags = {} } = sources;
  const user =
    sources.userFile === undefined ? join(configDir(env), 'config.json') : resolve(cwd, sources.userFile);
  const project = projectFile(cwd);
  const files = { user, project };
  const warnings: string[] = [];
  const layers: Layer[] = [
    flagLayer(flags),
    envLayer(env),
    fileLayer({ origin: 'project', path: project, raw: await readProject(project) }, warnings),
    fileLayer({ origin: 'user', path: user, raw: readUser(user) }, warnings),
    defaultLayer(env),
  ];
  const written: Record<SettingScope, Map<SettingKey, unknown>> = { project: new Map(), user: new Map() };
  const valuesOf = ({ origin, values }: Layer, key: SettingKey): unknown =>
    origin === 'project' || origin === 'user'
      ? (written[origin].get(key) ?? values.get(key))
      : values.get(key);
  const layerOf = (key: SettingKey): Layer =>
    layers.find((layer) => valuesOf(layer, key) !== undefined) ?? layers.at(-1)!;
  const get = <K extends SettingKey>(key: K): SettingValues[K] =>
    valuesOf(layerOf(key), key) as SettingValues[K];
  return {
    get,
    origin: (key) => layerOf(key).origin,
    all: () => settingKeys.map((key) => ({ key, value: get(key), origin: layerOf(key).origin })),
    set: async (key, value, scope) => {
      const checked = readSetting(settingKey(key), value, `${key}`);
      try {
        await writeScope(files, scope, [key, checked]);
      } catch (error) {
        if (error instanceof RalphError) throw error;
        const cannot = `cannot write ${scope === 'user' ? user : project}: ${codeOf(error)}`;
        throw new RalphError('disk', cannot, { cause: error });
      }
      written[scope].set(key, checked);
    },
    warnings,
    files,
  };
};
