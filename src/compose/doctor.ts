import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { execBytes } from '../adapters/process.ts';
import { commands } from '../commands/registry.ts';
import { screenCommands } from '../commands/screen.ts';
import { agentFindings } from './agents.ts';
import { taskChecklist } from './checklist.ts';
import type { Parts } from './engine.ts';
import { tokenFindings } from './gate.ts';
import { backends, type BackendId } from '../domain/backend.ts';
import { RalphError } from '../domain/error.ts';
import { succeeded } from '../domain/exit.ts';
import type { EngineDeps } from '../engine/deps.ts';
import type { Finding } from '../ports/sandbox.ts';
import { createKeymap, keyProblems } from '../tui/keys.ts';

const MIN_FREE_BYTES = 200 * 1024 * 1024;

const gitFinding = async (): Promise<Finding> => {
  const out = await execBytes({ argv: ['git', '--version'] });
  const version = /(\d+)\.(\d+)/.exec(out.stdout.toString('utf8'));
  const fine =
    succeeded(out.exit) && version !== null && Number(version[1]) * 100 + Number(version[2]) >= 236;
  return fine
    ? { level: 'ok', what: out.stdout.toString('utf8').trim() }
    : { level: 'fail', what: 'git 2.36 or newer is needed', hint: 'install git from your distribution' };
};

const diskFinding = (dir: string): Finding => {
  const stat = statfsSync(existsSync(dir) ? dir : dirname(dirname(dir)));
  const free = stat.bavail * stat.bsize;
  const what = `${Math.round(free / 2 ** 30)} GiB free for ${dir}`;
  if (free > MIN_FREE_BYTES) return { level: 'ok', what };
  return { level: 'fail', what, hint: 'ralph prune frees space' };
};

/** A backend that is not there fails only where runs go to it by the user's settings. */
const backendFindings = async (
  { settings }: Parts,
  deps: EngineDeps,
  id: BackendId,
): Promise<readonly Finding[]> => {
  const isChosen = settings.get('backend') === id;
  const toned = ({ level }: Finding): Finding['level'] => (level === 'fail' && !isChosen ? 'warn' : level);
  const named = (what: string): string => (what.startsWith(id) ? what : `${id}: ${what}`);
  try {
    const found = await (await deps.provider(id)).check();
    return found.map((f) => ({ ...f, level: toned(f), what: named(f.what) }));
  } catch (error) {
    if (!(error instanceof RalphError)) throw error;
    return [{ level: 'warn', what: error.message, ...(error.hint !== undefined && { hint: error.hint }) }];
  }
};

/** Looks at everything that a run could stumble over on this machine; never throws for what is wrong. */
export const doctor = async (parts: Parts, deps: EngineDeps): Promise<readonly Finding[]> => {
  const findings: Finding[] = [
    {
      level: 'ok',
      what: `ralph ${parts.host.version} on Node ${process.versions.node}, ${process.platform}`,
    },
    await gitFinding(),
    diskFinding(parts.stateDir),
  ];
  for (const id of backends) findings.push(...(await backendFindings(parts, deps, id)));
  findings.push(...(await agentFindings(parts.env)));
  const models = await deps.models(
    existsSync(parts.modelsFile) ? readFileSync(parts.modelsFile, 'utf8') : undefined,
  );
  for (const { name } of models.profiles) {
    const problem = models.check(name)[0];
    findings.push(
      problem
        ? { level: 'warn', what: problem.message, hint: problem.hint }
        : { level: 'ok', what: `profile ${name}` },
    );
  }
  findings.push(...(await tokenFindings(parts.tokens, parts.host.clock.now())));
  findings.push(...(await taskChecklist(parts, deps)));
  const keymap = createKeymap([...commands, ...screenCommands], parts.settings.get('keys'));
  const warnings = [...parts.settings.warnings, ...keyProblems(keymap)];
  findings.push(...warnings.map((what) => ({ level: 'warn', what }) as const));
  return findings;
};
