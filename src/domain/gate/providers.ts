import type { AgentId } from '../spec/task.ts';

/** Whose API an agent speaks. */
export const modelProviders = ['anthropic', 'openai', 'gemini'] as const;
export type ModelProvider = (typeof modelProviders)[number];

/** `bearer`: a gateway's token. `oauth`: a subscription's token, which needs a flag of its own. */
export type CredentialKind = 'api-key' | 'bearer' | 'oauth';

interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  /** It is a model call: reserved before it goes out and settled after it. */
  readonly bills?: true;
}
interface Provider {
  readonly baseUrl: string;
  /** Variable of the runner's own environment that says otherwise: a gateway, or a test's server. */
  readonly baseUrlEnv: string;
  /** What of a path stands in the base URL already. */
  readonly inBaseUrl: string;
  readonly routes: readonly Route[];
  readonly query: readonly string[];
  /** Variables of the runner's environment that hold a credential, first one wins. */
  readonly credentialEnv: readonly (readonly [name: string, kind: CredentialKind])[];
}

const MODEL = '[A-Za-z0-9][A-Za-z0-9._-]{0,120}';

/** Everything that a gate knows of the providers; what is not in the table is refused (agents.md). */
export const MODEL_PROVIDERS: Readonly<Record<ModelProvider, Provider>> = {
  anthropic: {
    baseUrl: 'https://api.anthropic.com',
    baseUrlEnv: 'ANTHROPIC_BASE_URL',
    inBaseUrl: '',
    routes: [
      { method: 'POST', path: /^\/v1\/messages$/, bills: true },
      { method: 'POST', path: /^\/v1\/messages\/count_tokens$/ },
      { method: 'GET', path: new RegExp(`^/v1/models(?:/${MODEL})?$`) },
    ],
    query: ['beta', 'limit', 'after_id', 'before_id'],
    credentialEnv: [
      ['ANTHROPIC_API_KEY', 'api-key'],
      ['ANTHROPIC_AUTH_TOKEN', 'bearer'],
      ['CLAUDE_CODE_OAUTH_TOKEN', 'oauth'],
    ],
  },
  openai: {
    baseUrl: 'https://api.openai.com/v1',
    baseUrlEnv: 'OPENAI_BASE_URL',
    inBaseUrl: '/v1',
    routes: [
      { method: 'POST', path: /^\/v1\/responses(?:\/compact)?$/, bills: true },
      { method: 'POST', path: /^\/v1\/chat\/completions$/, bills: true },
      { method: 'GET', path: new RegExp(`^/v1/models(?:/${MODEL})?$`) },
    ],
    query: ['limit', 'client_version'],
    credentialEnv: [['OPENAI_API_KEY', 'api-key']],
  },
  gemini: {
    baseUrl: 'https://generativelanguage.googleapis.com',
    baseUrlEnv: 'GOOGLE_GEMINI_BASE_URL',
    inBaseUrl: '',
    routes: [
      {
        method: 'POST',
        path: new RegExp(`^/v1(?:beta)?/models/${MODEL}:(?:streamG|g)enerateContent$`),
        bills: true,
      },
      { method: 'POST', path: new RegExp(`^/v1(?:beta)?/models/${MODEL}:countTokens$`) },
      { method: 'GET', path: new RegExp(`^/v1beta/models(?:/${MODEL})?$`) },
    ],
    query: ['alt', 'pageSize', 'pageToken'],
    credentialEnv: [
      ['GEMINI_API_KEY', 'api-key'],
      ['GOOGLE_API_KEY', 'api-key'],
    ],
  },
};

const AGENT_PROVIDERS: Readonly<Record<AgentId, readonly ModelProvider[]>> = {
  actions: [],
  claude: ['anthropic'],
  codex: ['openai'],
  gemini: ['gemini'],
  opencode: modelProviders,
  command: modelProviders,
};

/** The agents that have a credential of their own, each with its provider; others use what there is. */
export const tokenAgents = ['claude', 'codex', 'gemini'] as const;
export type TokenAgent = (typeof tokenAgents)[number];
const TOKEN_PROVIDERS = { claude: 'anthropic', codex: 'openai', gemini: 'gemini' } as const;

/** Whose credential `ralph token --agent X` is about. */
export const providerOfAgent = (agent: TokenAgent): ModelProvider => TOKEN_PROVIDERS[agent];

/** The agent after which a provider's credential is called. */
export const agentOf = (provider: ModelProvider): TokenAgent =>
  tokenAgents.find((agent) => TOKEN_PROVIDERS[agent] === provider) ?? 'claude';

/** Whose APIs an agent may call; a few agents speak several. */
export const providersOf = (agent: AgentId): readonly ModelProvider[] => AGENT_PROVIDERS[agent];

/** What goes to an OpenAI-compatible endpoint of a user's own. */
const OWN_ROUTES = /^\/v1\/(?:chat\/completions$|models(?:\/|$))/;

/** Whether a call is one that any OpenAI-compatible endpoint knows. */
export const isOwnRoute = (path: string): boolean => OWN_ROUTES.test(path);

export interface ModelRoute {
  readonly provider: ModelProvider;
  readonly bills: boolean;
}

/** The route of a call, of the providers that the session may use; undefined for what is not in the table. */
export const modelRoute = (
  call: { readonly method: string; readonly path: string; readonly hasAnthropicVersion: boolean },
  among: readonly ModelProvider[],
): ModelRoute | undefined => {
  const found = among.flatMap((provider): readonly ModelRoute[] => {
    const route = MODEL_PROVIDERS[provider].routes.find(
      ({ method, path }) => method === call.method && path.test(call.path),
    );
    return route === undefined ? [] : [{ provider, bills: route.bills ?? false }];
  });
  // `/v1/models` is the same at two of them.
  return found.find(({ provider }) => (provider === 'anthropic') === call.hasAnthropicVersion) ?? found[0];
};

/** The part of a query that may go to the provider: known names only, so that no key travels there. */
export const modelQuery = (provider: ModelProvider, query: URLSearchParams): string => {
  const kept = [...query].filter(([name]) => MODEL_PROVIDERS[provider].query.includes(name));
  return kept.length === 0 ? '' : `?${new URLSearchParams(kept).toString()}`;
};
