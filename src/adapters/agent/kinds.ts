import { fillCommand } from '../../domain/agent-command.ts';
import { createClaudeReader } from '../../domain/agent-stream/claude.ts';
import { readCodex } from '../../domain/agent-stream/codex.ts';
import { readGemini } from '../../domain/agent-stream/gemini.ts';
import { readOpencode } from '../../domain/agent-stream/opencode.ts';
import type { AgentId } from '../../domain/spec/task.ts';
import type { Access, AgentKind, Place } from './kind.ts';

const phantomOf = (place: Place): string => place.access?.phantom ?? '';
const urlOf = (place: Place): string => place.access?.url ?? '';

/** The header follows from the variable: `x-api-key`, or Bearer with the beta of subscriptions. */
const anthropicKey = ({ phantom, credential }: Access): Readonly<Record<string, string>> =>
  credential === 'oauth' ? { CLAUDE_CODE_OAUTH_TOKEN: phantom } : { ANTHROPIC_API_KEY: phantom };

const claude: AgentKind = {
  id: 'claude',
  providers: ['anthropic'],
  needsModel: true,
  argv: ({ model, maxTurns }) => [
    'claude',
    '-p',
    '--output-format',
    'stream-json',
    '--verbose',
    '--dangerously-skip-permissions',
    '--model',
    model,
    '--max-turns',
    String(maxTurns),
  ],
  env: (place) => ({
    // As root it refuses to work without permissions unless told that it is contained.
    IS_SANDBOX: '1',
    CLAUDE_CONFIG_DIR: `${place.dir}/claude`,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_TELEMETRY: '1',
    DISABLE_ERROR_REPORTING: '1',
    ANTHROPIC_BASE_URL: urlOf(place),
    ...(place.access && anthropicKey(place.access)),
  }),
  files: () => ({}),
  reader: createClaudeReader,
};

/** Strings as TOML writes them; JSON's escapes are among them. */
const toml = JSON.stringify;

const codex: AgentKind = {
  id: 'codex',
  providers: ['openai'],
  needsModel: true,
  argv: ({ model }) => [
    'codex',
    'exec',
    '--json',
    '--dangerously-bypass-approvals-and-sandbox',
    '--skip-git-repo-check',
    '-m',
    model,
    '-',
  ],
  env: (place) => ({ CODEX_HOME: `${place.dir}/codex`, RALPH_PHANTOM_TOKEN: phantomOf(place) }),
  // It takes no base URL from the environment.
  files: (place) => ({
    'codex/config.toml': [
      'model_provider = "ralph"',
      'check_for_update_on_startup = false',
      '[model_providers.ralph]',
      'name = "ralph"',
      `base_url = ${toml(`${urlOf(place)}/v1`)}`,
      'env_key = "RALPH_PHANTOM_TOKEN"',
      'wire_api = "responses"',
      '[analytics]',
      'enabled = false',
      '[features]',
      'plugins = false',
      'remote_plugin = false',
      'apps = false',
      'plugin_sharing = false',
      'unbounded_connection_retries = false',
      '',
    ].join('\n'),
  }),
  reader: () => readCodex,
};

/** Opencode's own names of the providers, and where their API lies below the gate. */
interface OpencodeProvider {
  readonly id: string;
  readonly path: string;
  readonly npm?: string;
}
const opencodeProviders: Readonly<Record<string, OpencodeProvider>> = {
  anthropic: { id: 'anthropic', path: '/v1' },
  openai: { id: 'openai', path: '/v1' },
  gemini: { id: 'google', path: '/v1beta' },
};
/** Any endpoint that speaks as OpenAI's older API does; the package comes with opencode. */
const ownProvider = { id: 'ralph', path: '/v1', npm: '@ai-sdk/openai-compatible' };
const opencodeProvider = ({ provider, ownEndpoint }: Place): OpencodeProvider =>
  (ownEndpoint ? undefined : opencodeProviders[provider]) ?? ownProvider;

const opencodeConfig = (place: Place): string => {
  const { id, path, npm } = opencodeProvider(place);
  const options = { baseURL: `${urlOf(place)}${path}`, apiKey: phantomOf(place) };
  const model = `${id}/${place.model}`;
  return JSON.stringify({
    share: 'disabled',
    autoupdate: false,
    model,
    small_model: model,
    enabled_providers: [id],
    provider: {
      [id]: { ...(npm !== undefined && { npm }), options, models: { [place.model]: {} } },
    },
  });
};

const opencode: AgentKind = {
  id: 'opencode',
  providers: undefined,
  needsModel: true,
  argv: (place) => [
    'opencode',
    'run',
    '--format',
    'json',
    '--title',
    `iteration ${place.n}`,
    '--auto',
    '-m',
    `${opencodeProvider(place).id}/${place.model}`,
  ],
  env: (place) => ({
    OPENCODE_CONFIG_CONTENT: opencodeConfig(place),
    OPENCODE_DB: `${place.dir}/opencode.db`,
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_SHARE: '1',
  }),
  files: () => ({}),
  reader: () => readOpencode,
};

const gemini: AgentKind = {
  id: 'gemini',
  providers: ['gemini'],
  needsModel: true,
  argv: ({ model }) => ['gemini', '--yolo', '--skip-trust', '-o', 'stream-json', '-m', model],
  env: (place) => ({
    GEMINI_CLI_HOME: place.dir,
    GEMINI_API_KEY: phantomOf(place),
    GOOGLE_GEMINI_BASE_URL: urlOf(place),
  }),
  files: ({ maxTurns }) => ({
    '.gemini/settings.json': JSON.stringify({
      security: { auth: { selectedType: 'gemini-api-key' } },
      privacy: { usageStatisticsEnabled: false },
      general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
      model: { maxSessionTurns: maxTurns },
    }),
  }),
  reader: () => readGemini,
  turnLimitExit: 53,
};

/** Whatever the task names, with the way to the model under all the names that such programs read. */
const command: AgentKind = {
  id: 'command',
  providers: undefined,
  needsModel: false,
  argv: (place) => {
    const { promptFile, model, n, repoDir } = place;
    const values = { prompt_file: promptFile, model, iteration: String(n), repo: repoDir };
    return ['sh', '-c', fillCommand(place.command, values)];
  },
  env: (place) => ({
    RALPH_PROMPT_FILE: place.promptFile,
    RALPH_MODEL: place.model,
    RALPH_ITERATION: String(place.n),
    RALPH_REPO: place.repoDir,
    ...(place.access && {
      ANTHROPIC_BASE_URL: place.access.url,
      ...anthropicKey(place.access),
      OPENAI_BASE_URL: `${place.access.url}/v1`,
      OPENAI_API_BASE: `${place.access.url}/v1`,
      OPENAI_API_KEY: place.access.phantom,
      GOOGLE_GEMINI_BASE_URL: place.access.url,
      GEMINI_API_KEY: place.access.phantom,
      GOOGLE_API_KEY: place.access.phantom,
    }),
  }),
  files: () => ({}),
  reader: undefined,
};

const kinds: Readonly<Record<AgentKind['id'], AgentKind>> = { claude, codex, opencode, gemini, command };

export const agentKind = (id: Exclude<AgentId, 'actions'>): AgentKind => kinds[id];

/** The command-line agents that are found by their name on the PATH. */
export const NAMED_AGENTS = ['claude', 'codex', 'opencode', 'gemini'] as const;
