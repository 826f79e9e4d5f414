/** How a profile makes a model keep to the schema: by the schema itself, as any JSON object, or by the prompt alone. */
export type Structured = 'schema' | 'object' | 'prompt';

/** What is known about an OpenAI-compatible endpoint. */
export interface Provider {
  /** Left out where only the user knows it. */
  readonly baseUrl?: string;
  /** Variables that override the base URL, first one wins. */
  readonly baseUrlEnv: readonly string[];
  /** Variable of the key, first one wins. Empty: no key is needed. */
  readonly keyEnv: readonly string[];
  readonly keyOptional?: true;
  readonly structured: Structured;
  readonly limitField: 'max_tokens' | 'max_completion_tokens';
  /** Id in the price catalogue; left out where the catalogue cannot know the price. */
  readonly catalogue?: string;
}

/** Providers that `litellm_model: provider/model` can name (template F). */
export const PROVIDERS = {
  zai: {
    baseUrl: 'https://api.z.ai/api/paas/v4',
    baseUrlEnv: ['ZAI_API_BASE'],
    keyEnv: ['ZAI_API_KEY'],
    structured: 'object',
    limitField: 'max_tokens',
    catalogue: 'zai',
  },
  openai: {
    baseUrl: 'https://api.openai.com/v1',
    baseUrlEnv: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'],
    keyEnv: ['OPENAI_API_KEY'],
    structured: 'schema',
    limitField: 'max_completion_tokens',
    catalogue: 'openai',
  },
  anthropic: {
    baseUrl: 'https://api.anthropic.com/v1',
    baseUrlEnv: ['ANTHROPIC_API_BASE'],
    keyEnv: ['ANTHROPIC_API_KEY'],
    structured: 'prompt',
    limitField: 'max_tokens',
    catalogue: 'anthropic',
  },
  gemini: {
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    baseUrlEnv: ['GEMINI_API_BASE'],
    keyEnv: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    structured: 'object',
    limitField: 'max_tokens',
    catalogue: 'google',
  },
  openrouter: {
    baseUrl: 'https://openrouter.ai/api/v1',
    baseUrlEnv: ['OPENROUTER_API_BASE'],
    keyEnv: ['OPENROUTER_API_KEY'],
    structured: 'object',
    limitField: 'max_tokens',
    catalogue: 'openrouter',
  },
  ollama: {
    baseUrl: 'http://127.0.0.1:11434/v1',
    baseUrlEnv: ['OLLAMA_API_BASE'],
    keyEnv: ['OLLAMA_API_KEY'],
    keyOptional: true,
    structured: 'schema',
    limitField: 'max_tokens',
  },
  hosted_vllm: {
    baseUrlEnv: ['HOSTED_VLLM_API_BASE'],
    keyEnv: ['HOSTED_VLLM_API_KEY'],
    keyOptional: true,
    structured: 'schema',
    limitField: 'max_tokens',
  },
  litellm_proxy: {
    baseUrlEnv: ['LITELLM_PROXY_API_BASE'],
    keyEnv: ['LITELLM_PROXY_API_KEY'],
    structured: 'object',
    limitField: 'max_tokens',
  },
} as const satisfies Record<string, Provider>;
export type ProviderId = keyof typeof PROVIDERS;

/** The row of a provider; undefined for `custom` (a base_url of one's own) and `scripted`. */
export const providerOf = (id: string): Provider | undefined =>
  Object.hasOwn(PROVIDERS, id) ? PROVIDERS[id as ProviderId] : undefined;

/**
 * OpenAI's reasoning models answer 400 to a temperature, and send nothing while they think.
 * Source: platform.openai.com, guide on reasoning.
 */
export const isSilentReasoner = (provider: string, model: string): boolean =>
  provider === 'openai' && /^(?:o\d|gpt-5|gpt-codex|codex)/.test(model) && !model.includes('-chat');
