import { z } from 'zod';
import { RalphError } from '../domain/error.ts';
import { singleLine } from '../domain/terminal.ts';
import type { GateCall } from '../ports/gate.ts';
import { defineCommand, type Output } from './define.ts';

/** The port of each agent's proxy, so that the next one finds it. */
const PORTS = { claude: 18080, codex: 18081, gemini: 18082, opencode: 18083, command: 18084 } as const;
const agents = ['claude', 'codex', 'gemini', 'opencode', 'command'] as const;

const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

const printCall =
  (out: Output) =>
  (call: GateCall): void => {
    if (out.asJson) return out.json({ type: 'gate.called', ...call });
    const { method, path, status, ms, refused } = call;
    out.error(
      singleLine(`${method} ${path} ${status} ${ms} ms${refused === undefined ? '' : `  ${refused}`}`, 400),
    );
  };

export const proxy = defineCommand({
  id: 'setup.proxy',
  title: 'Serve the credential proxy for agents run by hand; prints the environment that they need',
  group: 'Set up',
  args: z.object({
    agent: z.enum(agents).default('claude').describe('whose API it serves'),
    port: z
      .number()
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('port of 127.0.0.1; one for each agent when left out, 18080 for claude'),
    tokenStdin: z.boolean().default(false).describe('the token stands on standard input'),
  }),
  cli: { path: 'proxy' },
  cliOnly: true,
  examples: ['proxy --agent claude', 'proxy --agent codex --token-stdin < token.txt'],
  run: async (context, { agent, port, tokenStdin }) => {
    const { app, out } = context;
    const token = tokenStdin ? await app.files.readSecret(`Token for ${agent}: `) : undefined;
    if (token?.trim() === '') throw new RalphError('usage', 'standard input holds no token');
    const served = await app.proxy({
      agent,
      port: port ?? PORTS[agent],
      ...(token !== undefined && { token }),
      signal: context.interrupted(),
      onCall: printCall(out),
    });
    if (out.asJson) out.json({ url: served.url, reused: served.reused, env: served.env });
    else for (const [name, value] of Object.entries(served.env)) out.print(`export ${name}=${quoted(value)}`);
    out.error(
      served.reused
        ? `A healthy proxy for ${agent} is at ${served.url} already; it is used${token === undefined ? '' : ', with the token that it has'}.`
        : `Proxy for ${agent} at ${served.url}; health at ${served.url}/_ralph/health; Ctrl-C ends it.`,
    );
    await served.ended;
    return 0;
  },
});
