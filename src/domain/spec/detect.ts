import { slugOf } from '../branch-name.ts';
import { RalphError } from '../error.ts';
import { quoteForOutput } from './finding.ts';
import { TODO_MARKER } from './lint-commands.ts';

export type ProjectKind = 'npm' | 'pnpm' | 'yarn' | 'pytest' | 'cargo' | 'go' | 'unknown';

/** How a repository is prepared and checked, as far as its root files tell. */
export interface Project {
  readonly kind: ProjectKind;
  readonly testCommand?: string;
  readonly verifyCommands: readonly string[];
  readonly setupCommands: readonly string[];
}

type Files = ReadonlyMap<string, string>;
type Detector = (files: Files) => Project | undefined;

const MAX_MANIFEST = 1024 * 1024;
/** Root files that `detectProject` looks at; texts of lock files may be empty. */
export const PROJECT_FILES: readonly string[] = [
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  '.yarnrc.yml',
  'pyproject.toml',
  'pytest.ini',
  'setup.py',
  'setup.cfg',
  'tox.ini',
  'requirements.txt',
  'requirements-dev.txt',
  'requirements-test.txt',
  'uv.lock',
  'poetry.lock',
  'Cargo.toml',
  'go.mod',
];

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const readManifest = (text: string): Readonly<Record<string, unknown>> => {
  if (text.length > MAX_MANIFEST) return {};
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
};

const scriptIn = (
  manifest: Readonly<Record<string, unknown>>,
  names: readonly string[],
): string | undefined => {
  const scripts = manifest['scripts'];
  if (!isRecord(scripts)) return undefined;
  return names.find((name) => {
    const script = Object.hasOwn(scripts, name) ? scripts[name] : undefined;
    return typeof script === 'string' && script.trim() !== '' && !script.includes('no test specified');
  });
};

const nodeKind = (files: Files, manifest: Readonly<Record<string, unknown>>): 'npm' | 'pnpm' | 'yarn' => {
  const named = manifest['packageManager'];
  const manager = typeof named === 'string' ? named.split('@')[0] : undefined;
  if (manager === 'pnpm' || manager === 'yarn' || manager === 'npm') return manager;
  if (files.has('pnpm-lock.yaml')) return 'pnpm';
  return files.has('yarn.lock') ? 'yarn' : 'npm';
};

/** Where the repository keeps no lock file, the install must not add one to the branch. */
const nodeSetup = (files: Files, kind: 'npm' | 'pnpm' | 'yarn'): string => {
  switch (kind) {
    case 'npm':
      return files.has('package-lock.json') || files.has('npm-shrinkwrap.json')
        ? 'npm ci'
        : 'npm install --no-package-lock';
    case 'pnpm':
      return files.has('pnpm-lock.yaml') ? 'pnpm install --frozen-lockfile' : 'pnpm install --no-lockfile';
    case 'yarn':
      if (!files.has('yarn.lock'))
        return files.has('.yarnrc.yml') ? 'yarn install' : 'yarn install --no-lockfile';
      return files.has('.yarnrc.yml') ? 'yarn install --immutable' : 'yarn install --frozen-lockfile';
  }
};

const detectNode: Detector = (files) => {
  const text = files.get('package.json');
  if (text === undefined) return undefined;
  const manifest = readManifest(text);
  const kind = nodeKind(files, manifest);
  const test = scriptIn(manifest, ['test']) && `${kind} test`;
  const others = [
    scriptIn(manifest, ['lint']),
    scriptIn(manifest, ['typecheck', 'type-check', 'check-types', 'check:types']),
  ];
  const verifyCommands = others.filter((name) => name !== undefined).map((name) => `${kind} run ${name}`);
  return {
    kind,
    ...(test !== undefined && { testCommand: test }),
    verifyCommands: [...(test === undefined ? [] : [test]), ...verifyCommands],
    setupCommands: [nodeSetup(files, kind)],
  };
};

/** The extra of a Python project that its tests need, by its usual names. */
const testExtra = (project: string): string | undefined => {
  const lines = project.split('\n').map((line) => line.trimEnd());
  const from = lines.indexOf('[project.optional-dependencies]') + 1;
  if (from === 0) return undefined;
  const length = lines.slice(from).findIndex((line) => line.startsWith('['));
  const table = lines.slice(from, length === -1 ? undefined : from + length);
  const names = table.map((line) => line.split('=')[0]?.trim());
  return ['test', 'tests', 'testing', 'dev'].find((name) => names.includes(name));
};

const pipInstalls = (files: Files): readonly string[] => {
  const project = files.get('pyproject.toml') ?? '';
  const lists = ['requirements.txt', 'requirements-dev.txt', 'requirements-test.txt'];
  const extra = testExtra(project);
  const isPackage = /^\[(?:project|build-system)\]/m.test(project) || files.has('setup.py');
  return [
    'pytest',
    ...lists.filter((name) => files.has(name)).map((name) => `-r ${name}`),
    ...(isPackage ? [extra === undefined ? '-e .' : `-e '.[${extra}]'`] : []),
  ];
};

const pythonTool = (files: Files): { readonly run: string; readonly setup: readonly string[] } => {
  if (files.has('uv.lock')) return { run: 'uv run ', setup: ['uv sync'] };
  if (files.has('poetry.lock')) return { run: 'poetry run ', setup: ['poetry install'] };
  // An environment of the clone's own: pip would else put links to the clone into the user's Python, or be refused
  // by one that the system manages. What the machine has already is used, so that it also works without a network.
  const run = '.venv/bin/python -m ';
  const install = `${run}pip install ${pipInstalls(files).join(' ')}`;
  return { run, setup: ['python3 -m venv --system-site-packages .venv', install] };
};

const detectPython: Detector = (files) => {
  const marks = ['pyproject.toml', 'pytest.ini', 'setup.py', 'setup.cfg', 'tox.ini', 'requirements.txt'];
  if (!marks.some((name) => files.has(name))) return undefined;
  const { run, setup } = pythonTool(files);
  const project = files.get('pyproject.toml') ?? '';
  const testCommand = `${run}pytest`;
  return {
    kind: 'pytest',
    testCommand,
    verifyCommands: [
      testCommand,
      ...(/^\[tool\.ruff\b/m.test(project) ? [`${run}ruff check .`] : []),
      ...(/^\[tool\.mypy\b/m.test(project) ? [`${run}mypy .`] : []),
    ],
    setupCommands: setup,
  };
};

const detectCargo: Detector = (files) =>
  files.has('Cargo.toml')
    ? {
        kind: 'cargo',
        testCommand: 'cargo test',
        verifyCommands: ['cargo test'],
        setupCommands: ['cargo fetch'],
      }
    : undefined;

const detectGo: Detector = (files) =>
  files.has('go.mod')
    ? {
        kind: 'go',
        testCommand: 'go test ./...',
        verifyCommands: ['go test ./...', 'go vet ./...'],
        setupCommands: ['go mod download'],
      }
    : undefined;

/** Reads from the texts of root files how a project is tested; the first kind with a test command wins. */
export const detectProject = (files: Files): Project => {
  const found = [detectNode, detectCargo, detectGo, detectPython].map((detect) => detect(files));
  const projects = found.filter((project) => project !== undefined);
  const best = projects.find((project) => project.testCommand !== undefined) ?? projects[0];
  return best ?? { kind: 'unknown', verifyCommands: [], setupCommands: [] };
};

/** What a starter task is made of. */
export interface StarterOptions {
  readonly taskId: string;
  readonly title: string;
  /** Where the repository came from: shown as what `repo_url` could be. */
  readonly origin?: string;
  readonly baseBranch: string;
  readonly project: Project;
}

// JSON strings are YAML strings.
const quoted = (text: string): string => JSON.stringify(text.toWellFormed());

const listed = (key: string, commands: readonly string[]): string =>
  commands.length === 0
    ? `${key}: []`
    : [`${key}:`, ...commands.map((command) => `  - ${quoted(command)}`)].join('\n');

const inBackticks = (command: string): string =>
  command.includes('`') ? `\`\` ${command} \`\`` : `\`${command}\``;

const gateBoxes = (commands: readonly string[]): string =>
  commands
    .map(
      (command, index) =>
        `- [ ] M2.${index + 1} ${inBackticks(command)} passes\n  - verify: ${inBackticks(command)}`,
    )
    .join('\n');

const valuesFor = (options: StarterOptions): ReadonlyMap<string, string> => {
  const { project } = options;
  const test = project.testCommand ?? `${TODO_MARKER} the command that exits 0 only when the work is right`;
  const gates = project.verifyCommands.length > 0 ? project.verifyCommands : [test];
  // A token in an address must not get into a file.
  const origin = options.origin?.replace(/^(https?:\/\/)[^/@]*@/i, '$1');
  return new Map([
    ['task_id', quoted(options.taskId)],
    ['task_id_text', options.taskId],
    ['title', quoteForOutput(options.title).trim()],
    ['pr_title', quoted(`[Ralph] ${quoteForOutput(options.title).trim()}: ${options.taskId}`)],
    ['repo_url', `# repo_url: ${quoted(origin ?? 'https://github.com/ORG/REPO.git')}`],
    ['base_branch', quoted(options.baseBranch)],
    ['target_branch_prefix', quoted(`ralph/${options.taskId}/`)],
    ['target_branch_slug', quoted(slugOf(options.title))],
    ['test_command', quoted(test)],
    [
      'verify_commands',
      listed(
        'verify_commands',
        gates.filter((gate) => !gate.startsWith(TODO_MARKER)),
      ),
    ],
    ['setup_commands', listed('setup_commands', project.setupCommands)],
    ['gate_boxes', gateBoxes(gates)],
  ]);
};

/** Fills the starter text of a task file; its `TODO:` places keep a run from starting until they are written. */
export const starterTask = (template: string, options: StarterOptions): string => {
  const values = valuesFor(options);
  return template.replace(/\{\{([a-z_]+)\}\}/g, (_whole, name: string) => {
    const value = values.get(name);
    if (value === undefined)
      throw new RalphError('bug', `the starter text asks for an unknown value: ${name}`);
    return value;
  });
};
