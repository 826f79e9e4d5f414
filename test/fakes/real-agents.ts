import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

export const realAgents = ['claude', 'codex', 'opencode', 'gemini'] as const;
export type RealAgent = (typeof realAgents)[number];

const installer = join(import.meta.dirname, '../fixtures/agents/install.sh');
const cache =
  process.env['RALPH_AGENTS_DIR'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'ralph-agents');

/** The version that the installer takes. */
const versionOf = (agent: RealAgent): string =>
  new RegExp(`^\\s*${agent}\\) echo .+@([\\d.]+) ;;$`, 'm').exec(readFileSync(installer, 'utf8'))?.[1] ?? '';

/** Where the installer puts it. */
export const agentDir = (agent: RealAgent): string => join(cache, `${agent}-${versionOf(agent)}`);
const binDir = (agent: RealAgent): string => join(agentDir(agent), 'node_modules', '.bin');

const wanted = process.env['RALPH_REQUIRE_AGENTS'] ?? '';
const isRequired = (agent: RealAgent): boolean => wanted === '1' || wanted.split(',').includes(agent);
/** Whether it is installed on this machine. */
export const isThere = (agent: RealAgent): boolean => existsSync(join(binDir(agent), agent));

/** Skipped only where it is neither there nor asked for: then its test fails. */
export const skips = (agent: RealAgent): boolean => !isThere(agent) && !isRequired(agent);
export const whySkipped = (agent: RealAgent): string =>
  skips(agent) ? ' (skipped: sh test/fixtures/agents/install.sh installs it)' : '';

/** A PATH with that agent and nothing of the other ones, on the Node of this process. */
export const pathWith = (agent: RealAgent): string =>
  [binDir(agent), dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);

/** A profile of models.yaml that the agent can work with. */
export const modelOf: Readonly<Record<RealAgent, string>> = {
  claude: 'anthropic/claude-sonnet-4-5',
  codex: 'openai/gpt-5.1-codex',
  opencode: 'anthropic/claude-sonnet-4-5',
  gemini: 'gemini/gemini-2.5-pro',
};

/** Ids of processes that carry a text in their environment. */
export const pidsWith = (text: string): readonly string[] => {
  // Some process always ends while grep looks, which alone makes its exit code an error.
  const argv = ['-c', 'grep -lsF -- "$1" /proc/[0-9]*/environ; true', 'sh', text];
  const found = execFileSync('sh', argv, { encoding: 'utf8' }).split('\n');
  return found.filter((line) => line !== '');
};
