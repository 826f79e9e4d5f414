import { z } from 'zod';
import { RalphError } from '../domain/error.ts';
import { MODEL_PROVIDERS, providerOfAgent, tokenAgents, type TokenAgent } from '../domain/gate/providers.ts';
import { expiryWarning } from '../domain/gate/token-text.ts';
import type { App } from './app.ts';
import { defineCommand } from './define.ts';

const agent = z.enum(tokenAgents).default('claude').describe('whose token; opencode uses all of them');

const missing = (name: TokenAgent): RalphError => {
  const names = MODEL_PROVIDERS[providerOfAgent(name)].credentialEnv.map(([one]) => one).join(', ');
  return new RalphError('config', `no token for ${name}`, {
    hint: `Set ${names}, or: ralph token set --agent ${name}`,
  });
};

const find = async (app: App, name: TokenAgent) => {
  const tokens = await app.tokens();
  const found = await tokens.find(providerOfAgent(name));
  if (found === undefined) throw missing(name);
  return found;
};

export const tokenCheck = defineCommand({
  id: 'token.check',
  title: "Say where an agent's token comes from and when it ends, never what it is",
  group: 'Set up',
  args: z.object({ agent }),
  cli: { path: 'token check' },
  looksOnly: true,
  examples: ['token check --agent claude'],
  run: async ({ app, out }, args) => {
    const found = await find(app, args.agent);
    const { kind, from, expires } = found;
    const late = expiryWarning(expires, new Date(app.now()));
    const isGood = expires === undefined || Date.parse(expires) > app.now();
    if (out.asJson) out.json({ agent: args.agent, kind, from, expires: expires ?? null, ok: isGood });
    else {
      const until = expires === undefined ? 'no expiry is known' : `good until ${expires}`;
      out.print(`${args.agent}: ${kind} of ${from}, ${late ?? until}`);
    }
    return isGood ? 0 : 1;
  },
});

export const tokenGet = defineCommand({
  id: 'token.get',
  title: "Print an agent's token, for a pipe",
  group: 'Set up',
  args: z.object({ agent }),
  cli: { path: 'token get' },
  cliOnly: true,
  confirm: ({ out }) => (out.isTty ? 'Show the token on this terminal, where others may see it?' : undefined),
  run: async ({ app, out }, args) => {
    const found = await find(app, args.agent);
    if (out.asJson) out.json({ agent: args.agent, token: found.value });
    else out.print(found.value);
    return 0;
  },
});

export const tokenSet = defineCommand({
  id: 'token.set',
  title: "Keep an agent's token: from standard input, or typed without being shown",
  group: 'Set up',
  args: z.object({
    agent,
    store: z
      .enum(['file', 'keychain'])
      .default('file')
      .describe('a file of mode 0600, or the keychain of the system'),
    expires: z
      .string()
      .max(60)
      .optional()
      .describe('when it ends, where it does not say so itself')
      .meta({ value: 'DATE' }),
  }),
  cli: { path: 'token set' },
  cliOnly: true,
  examples: [
    'token set --agent claude --store keychain',
    'token set --agent claude < ~/.claude/.credentials.json',
  ],
  run: async ({ app, out }, { agent: name, store, expires }) => {
    const text = await app.files.readSecret(`Token for ${name}: `);
    if (text.trim() === '') throw new RalphError('usage', 'no token was given');
    const tokens = await app.tokens();
    const provider = providerOfAgent(name);
    const where = await tokens.set(provider, text, { store, ...(expires !== undefined && { expires }) });
    if (out.asJson) out.json({ agent: name, where });
    else out.print(`The token for ${name} is in ${where}.`);
    const used = await tokens.find(provider);
    if (used !== undefined && used.from !== where)
      out.error(`ralph: ${used.from} comes before it and is used instead`);
    return 0;
  },
});

export const tokenRemove = defineCommand({
  id: 'token.remove',
  title: "Forget an agent's token, wherever it is kept",
  group: 'Set up',
  args: z.object({ agent }),
  cli: { path: 'token remove' },
  cliOnly: true,
  confirm: (_context, args) => `Remove the token for ${args.agent}?`,
  run: async ({ app, out }, args) => {
    const removed = await (await app.tokens()).remove(providerOfAgent(args.agent));
    if (out.asJson) out.json({ agent: args.agent, removed });
    else out.print(removed.length === 0 ? 'There was none.' : `Removed from ${removed.join(' and ')}.`);
    return 0;
  },
});
