import { z } from 'zod';
import { backends } from '../domain/backend.ts';
import type { SelftestCheck, SelftestReport } from '../domain/selftest.ts';
import { singleLine } from '../domain/terminal.ts';
import { defineCommand, type Output } from './define.ts';

/** Agents that call the model themselves; `actions` has none to test. */
const agents = ['claude', 'codex', 'opencode', 'gemini'] as const;
const words: Readonly<Record<SelftestCheck['outcome'], string>> = {
  passed: 'ok',
  failed: 'fail',
  skipped: 'skip',
};
const WIDTH = 400;

const print = (out: Output, { title, outcome, detail, hint, ms }: SelftestCheck): void => {
  const took = ms < 100 ? '' : ` (${(ms / 1000).toFixed(1)} s)`;
  out.print(`${words[outcome].padEnd(4)}  ${title}: ${singleLine(detail, WIDTH)}${took}`);
  if (hint !== undefined) out.print(`      ${singleLine(hint, WIDTH)}`);
};

const verdict = ({ ok, agent, backend, checks, offline }: SelftestReport): string => {
  const count = (outcome: SelftestCheck['outcome']): number =>
    checks.filter((check) => check.outcome === outcome).length;
  const where = `${agent} on ${backend}${offline ? ', against a model of our own' : ''}`;
  const skipped = count('skipped') > 0 ? `, ${count('skipped')} left out` : '';
  return ok
    ? `${where}: ${count('passed')} checks passed${skipped}`
    : `${where}: ${count('failed')} failed, ${count('passed')} passed${skipped}`;
};

export const selftest = defineCommand({
  id: 'setup.selftest',
  title: 'Try the whole way of an agent to its model, without a task',
  group: 'Set up',
  args: z.object({
    agent: z.enum(agents).default('claude').describe('the agent to try'),
    backend: z.enum(backends).default('podman').describe('where its sandbox is made'),
    image: z.string().max(255).optional().describe('instead of the default image').meta({ value: 'IMAGE' }),
    profile: z.string().max(128).optional().describe('model profile; else the default one'),
    offline: z.boolean().default(false).describe('against a model of our own that only says ok'),
  }),
  cli: { path: 'selftest' },
  cliOnly: true,
  examples: ['selftest --agent codex --backend podman', 'selftest --offline --json'],
  run: async (context, args) => {
    const { app, out } = context;
    const engine = await app.engine();
    const signal = context.interrupted();
    const report = await engine.selftest({ ...args, signal }, (check) => {
      if (!out.asJson) print(out, check);
    });
    if (out.asJson) out.json(report);
    else out.print(verdict(report));
    if (signal.aborted) return 130;
    return report.ok ? 0 : 1;
  },
});
