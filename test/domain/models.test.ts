import { describe, expect, it } from 'vitest';

import { DEFAULT_PROFILES, parseModels } from '../../src/domain/models.ts';
import type { Profile } from '../../src/domain/models.ts';
import { endpointOf } from '../../src/domain/models-endpoint.ts';

const TEMPLATE = `profiles:
  default-cheap:
    litellm_model: "zai/glm-4.7"
    max_output_tokens: 2048
    temperature: 0.2
    tags: ["default", "cheap"]
  strong-doctor:
    litellm_model: "openai/gpt-5"   # example
    tags: ["doctor", "strong"]
`;
const one = (rows: string): Profile => parseModels(`profiles:\n  p: { ${rows} }\n`).profiles[0]!;

describe('models.yaml', () => {
  it("is read as the spec's template has it", () => {
    const { profiles, findings } = parseModels(TEMPLATE);
    expect(findings).toEqual([]);
    expect(
      profiles.map(({ name, provider, model, structured }) => [name, provider, model, structured]),
    ).toEqual([
      ['default-cheap', 'zai', 'glm-4.7', 'object'],
      ['strong-doctor', 'openai', 'gpt-5', 'schema'],
    ]);
    expect(profiles[0]).toMatchObject({
      maxOutputTokens: 2048,
      temperature: 0.2,
      idleTimeoutS: 120,
      callTimeoutS: 900,
    });
    expect(profiles[1]).toMatchObject({ maxOutputTokens: 8192, idleTimeoutS: 300 });
  });
  it('warns of an unknown key and names the nearest known one', () => {
    const { profiles, findings } = parseModels(`${TEMPLATE}    temprature: 1\n`);
    expect(profiles).toHaveLength(2);
    expect(findings).toMatchObject([
      { level: 'warning', line: 10, fix: 'temperature', code: 'models.unknown-key' },
    ]);
  });
  it('refuses a key in the file without showing it', () => {
    const { findings } = parseModels(
      'profiles:\n  p:\n    litellm_model: zai/glm-4.7\n    api_key: sk-secret-123456\n',
    );
    expect(findings).toMatchObject([{ level: 'error', line: 4 }]);
    expect(JSON.stringify(findings)).not.toContain('sk-secret');
    expect(
      parseModels('profiles:\n  p:\n    litellm_model: zai/x1\n    api_key_env: sk-secret-1\n').findings[0]
        ?.message,
    ).not.toContain('sk-secret');
  });
  it.each([
    ['litellm_model: zia/glm-4.7', 'litellm_model: "zai/glm-4.7"'],
    ['litellm_model: glm-4.7', 'give base_url, model and api_key_env instead'],
    ['base_url: "http://x/v1"', 'model: "name-at-the-endpoint"'],
    ['base_url: "ftp://x", model: m', 'base_url: "http://127.0.0.1:8000/v1"'],
    ['base_url: "http://user:pw@x/v1", model: m', 'base_url: "http://127.0.0.1:8000/v1"'],
    ['litellm_model: zai/glm-4.7, max_output_tokens: 0', 'max_output_tokens: 8192'],
    ['tags: []', 'litellm_model: "zai/glm-4.7"'],
  ])('leaves out a profile with { %s } and says how to mend it', (row, fix) => {
    const { profiles, findings } = parseModels(`profiles:\n  p: { ${row} }\n`);
    expect(profiles).toEqual([]);
    expect(findings).toMatchObject([{ level: 'error', line: 2, fix }]);
  });
  it('refuses a fallback that is no other profile', () => {
    const { findings } = parseModels(TEMPLATE.replace('temperature: 0.2', 'fallback: strong-docter'));
    expect(findings).toMatchObject([{ level: 'error', line: 5, fix: 'fallback: "strong-doctor"' }]);
  });
  it.each(['', 'profiles:', 'profiles: [1]', 'a: [', '- 1', 'profiles:\n  p: 1\n', 'a: &a [*a]'])(
    '%j is an error, never a throw',
    (text) => {
      const { profiles, findings } = parseModels(text);
      expect(profiles).toEqual([]);
      expect(findings[0]?.level).toBe('error');
    },
  );
  it('has built-in profiles that spend nothing at a second provider by themselves', () => {
    expect(DEFAULT_PROFILES.map(({ name, provider, fallback }) => [name, provider, fallback])).toEqual([
      ['default-cheap', 'zai', undefined],
      ['strong-doctor', 'openai', undefined],
    ]);
  });
});

describe('the endpoint of a profile', () => {
  it.each([
    ['litellm_model: zai/glm-4.7', { ZAI_API_KEY: 'k' }, 'https://api.z.ai/api/paas/v4', 'k'],
    [
      'litellm_model: openai/x',
      { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'https://o.example/v1/' },
      'https://o.example/v1',
      'k',
    ],
    ['litellm_model: ollama/x', {}, 'http://127.0.0.1:11434/v1', undefined],
    ['litellm_model: ollama/x', { OLLAMA_API_BASE: 'http://box:11434' }, 'http://box:11434/v1', undefined],
    ['litellm_model: hosted_vllm/x', { HOSTED_VLLM_API_BASE: 'http://gpu/v1' }, 'http://gpu/v1', undefined],
    ['base_url: "http://x/v1", model: m', { OPENAI_API_KEY: 'not for x' }, 'http://x/v1', undefined],
    [
      'litellm_model: zai/x, api_key_env: MINE',
      { MINE: 'm', ZAI_API_KEY: 'k' },
      'https://api.z.ai/api/paas/v4',
      'm',
    ],
  ])('{ %s } with %o', (...[row, env, baseUrl, apiKey]) => {
    expect(endpointOf(one(row), env)).toEqual({ baseUrl, apiKey, problems: [] });
  });
  it.each([
    ['litellm_model: zai/glm-4.7', {}, 'ZAI_API_KEY is not set'],
    ['litellm_model: hosted_vllm/x', {}, 'base URL is not known'],
    ['litellm_model: openai/x', { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'nonsense' }, 'not an http(s) URL'],
    ['litellm_model: zai/x', { ZAI_API_KEY: 'a\nb' }, 'characters that no key has'],
  ])('{ %s } with %o has a problem', (row, env, message) => {
    expect(endpointOf(one(row), env).problems[0]?.message).toContain(message);
  });
});
