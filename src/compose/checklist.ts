import { join } from 'node:path';
import type { UserFiles } from '../commands/app.ts';
import { RalphError } from '../domain/error.ts';
import { lintTask } from '../domain/spec/lint.ts';
import type { EngineDeps } from '../engine/deps.ts';
import { checkSafety } from '../engine/safety.ts';
import type { Finding } from '../ports/sandbox.ts';
import type { Settings } from '../ports/settings.ts';

interface Parts {
  readonly settings: Settings;
  readonly userFiles: Pick<UserFiles, 'readText' | 'repoRoot' | 'cwd'>;
}

/** The safety checklist of the task file one stands beside; nothing where there is none that could run. */
export const taskChecklist = async (parts: Parts, deps: EngineDeps): Promise<readonly Finding[]> => {
  const { settings, userFiles } = parts;
  const { task } = lintTask(userFiles.readText('ralph_task.md') ?? '');
  const backend = task?.sandboxProvider ?? settings.get('backend');
  if (task === undefined || backend === undefined) return [];
  const { envFile } = task.sandbox;
  try {
    const provider = await deps.provider(backend);
    const { isolated } = provider.traits;
    const found = await checkSafety(deps, {
      task,
      backend,
      isolated,
      findings: isolated ? await provider.check() : [],
      hasGit: task.repoUrl !== undefined || userFiles.repoRoot !== undefined,
      choice: {
        defaults: { preset: settings.get('sandbox_preset'), network: settings.get('sandbox_network') },
        ...(envFile !== undefined && { envFile: join(userFiles.repoRoot ?? userFiles.cwd, envFile) }),
      },
    });
    return found.map((f) => ({ ...f, what: `ralph_task.md: ${f.what}` }));
  } catch (error) {
    // The backend's own findings say why it cannot be had.
    if (error instanceof RalphError) return [];
    throw error;
  }
};
