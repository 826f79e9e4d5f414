import { needsIsolation } from '../sandbox-choice.ts';
import type { Finding } from './finding.ts';
import type { Frontmatter } from './frontmatter.ts';
import type { TaskFrontmatter } from './task.ts';

const wishOf = (data: TaskFrontmatter) => ({
  readOnly: data.sandbox_read_only,
  ...(data.sandbox_preset && { preset: data.sandbox_preset }),
  ...(data.sandbox_network && { network: data.sandbox_network }),
  ...(data.sandbox_env_file !== undefined && { envFile: data.sandbox_env_file }),
});

/** Says which wishes of a sandbox contradict each other or give away what they should keep. */
export const lintSandbox = (front: Frontmatter, data: TaskFrontmatter): Finding[] => {
  const at = (key: string) => ({ line: front.lineOf([key]), key });
  const findings: Finding[] = [];
  if (data.sandbox_provider === 'local') {
    for (const key of needsIsolation(wishOf(data), {}))
      findings.push({
        ...at(key),
        level: 'error',
        code: 'sandbox.local',
        message: `${key} needs a sandbox, and the local backend is none`,
        fix: 'sandbox_provider: "podman"',
      });
  }
  const envFile = data.sandbox_env_file;
  if (envFile !== undefined && data.copy.includes(envFile))
    findings.push({
      ...at('copy'),
      level: 'error',
      code: 'sandbox.env-file',
      message: 'copy would put the env file into the clone, where the agent could commit it',
      fix: 'leave it out of copy: its variables are set in the sandbox',
    });
  if (data.sandbox_network === 'full')
    findings.push({
      ...at('sandbox_network'),
      level: 'warning',
      code: 'sandbox.network',
      message: 'with the full network the agent reaches everything that this machine reaches',
      fix: 'sandbox_network: "proxy"',
    });
  return findings;
};
