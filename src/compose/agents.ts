import { agentKind, NAMED_AGENTS } from '../adapters/agent/kinds.ts';
import { createCliAgent, type CliAgentDeps } from '../adapters/agent/session.ts';
import { execProcess } from '../adapters/process.ts';
import { RalphError } from '../domain/error.ts';
import { succeeded } from '../domain/exit.ts';
import { AGENTS, type AgentId } from '../domain/spec/task.ts';
import { singleLine } from '../domain/terminal.ts';
import type { Agent } from '../ports/agent.ts';
import type { Finding } from '../ports/sandbox.ts';

const isAgent = (kind: string): kind is AgentId => (AGENTS as readonly string[]).includes(kind);

/** The agents that are programs of their own. Throws `config` for one that this version does not know. */
export const cliAgent = (kind: string, deps: Omit<CliAgentDeps, 'kind'>): Agent => {
  if (isAgent(kind) && kind !== 'actions') return createCliAgent({ ...deps, kind: agentKind(kind) });
  throw new RalphError('config', `the agent ${kind} is not part of this version`, {
    hint: `there are: ${AGENTS.join(', ')}`,
  });
};

/** Which of them are on this machine, for runs on the local backend; an image brings its own. */
export const agentFindings = async (env: Readonly<Record<string, string>>): Promise<readonly Finding[]> =>
  Promise.all(
    NAMED_AGENTS.map(async (name): Promise<Finding> => {
      const { exit, stdout } = await execProcess({ argv: [name, '--version'], timeoutMs: 20_000 }, { env });
      const version = succeeded(exit) ? singleLine(stdout.trim(), 80) : undefined;
      if (version !== undefined) return { level: 'ok', what: `agent ${name}: ${version}` };
      return { level: 'ok', what: `agent ${name}: not on this machine (backend local cannot use it)` };
    }),
  );
