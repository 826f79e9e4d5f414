import { afterEach } from 'vitest';

import { createOpenAiModel } from '../../../src/adapters/model/openai.ts';
import { answerJsonSchema } from '../../../src/domain/answer.ts';
import type { Profile } from '../../../src/domain/models.ts';
import type { ModelRequest } from '../../../src/ports/model.ts';
import { startModelServer } from '../../fakes/model-server.ts';
import type { ModelServer, Reply } from '../../fakes/model-server.ts';
import { realClock } from './real-clock.ts';

/** The key that must never come out. */
export const KEY = 'sk-very-secret-0123456789';
let server: ModelServer | undefined;
/** The server of the last call. */
export const lastServer = (): ModelServer | undefined => server;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** A profile for a server of this test. */
export const base: Profile = {
  name: 'p',
  provider: 'custom',
  model: 'm-1',
  apiKeyEnv: 'P_KEY',
  maxOutputTokens: 500,
  temperature: 0.2,
  structured: 'object',
  prices: { inputPerMtok: 1, outputPerMtok: 10 },
  tags: [],
  idleTimeoutS: 20,
  callTimeoutS: 60,
};
/** Asks a new server that has these replies. */
export const call = async (
  replies: readonly Reply[],
  profile: Partial<Profile> = {},
  request: Partial<ModelRequest> = {},
) => {
  await server?.close();
  server = await startModelServer(replies);
  const model = createOpenAiModel({
    profiles: [{ ...base, baseUrl: server.baseUrl, ...profile }],
    env: { P_KEY: KEY },
    clock: realClock,
  });
  return model.complete({
    profile: 'p',
    messages: [
      { role: 'system', content: 'be good' },
      { role: 'user', content: 'do the work that is written here' },
    ],
    schema: { name: 'actions', json: answerJsonSchema() },
    ...request,
  });
};
/** What a call comes to that cost nothing. */
export const free = { usage: { inputTokens: 0, outputTokens: 0 }, costUsd: 0 };
