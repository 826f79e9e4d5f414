import type { NetworkMode } from './network.ts';
import { limitsText, type Resources } from './sandbox-choice.ts';

/** What the checklist asks; all of it is known before a run is made. */
export interface SafetyFacts {
  readonly backend: string;
  readonly isolated: boolean;
  /** Whether there is a repository to come back to. */
  readonly hasGit: boolean;
  readonly resources: Resources;
  /** Set where this machine cannot hold the limits. */
  readonly noLimits?: { readonly what: string; readonly hint?: string };
  readonly network: NetworkMode;
  /** Undefined where the task names none; else why it cannot be used, or nothing. */
  readonly envFile: { readonly problem?: { readonly what: string; readonly hint: string } } | undefined;
  readonly maxIterations: number;
  /** No run of this task has been made on this machine. */
  readonly isFirst: boolean;
}
export interface SafetyFinding {
  readonly level: 'ok' | 'warn' | 'fail';
  readonly what: string;
  readonly hint?: string;
}

/** The guide's advice for a first run is 5 to 10. */
const FIRST_ITERATIONS = 10;

const envFileOf = ({ envFile }: SafetyFacts): readonly SafetyFinding[] => {
  if (envFile === undefined) return [];
  const { problem } = envFile;
  return [
    problem
      ? { level: 'fail', what: problem.what, hint: problem.hint }
      : { level: 'ok', what: 'env file: ignored by git, readable by you only' },
  ];
};

const limitsFinding = ({ resources, noLimits }: SafetyFacts): SafetyFinding =>
  noLimits === undefined
    ? { level: 'ok', what: `limits set: ${limitsText(resources)}` }
    : {
        level: 'warn',
        what: `${limitsText(resources)} asked for, but ${noLimits.what}`,
        hint: noLimits.hint ?? 'ralph doctor tells more',
      };

const boxOf = (facts: SafetyFacts): readonly SafetyFinding[] => {
  const { backend, isolated, network } = facts;
  if (!isolated)
    return [
      {
        level: 'warn',
        what: `the ${backend} backend has no isolation: no limits, and the network of this machine`,
        hint: 'take a sandbox: --backend podman',
      },
    ];
  return [
    { level: 'ok', what: `isolated from this machine: ${backend}` },
    limitsFinding(facts),
    network === 'full'
      ? {
          level: 'warn',
          what: 'the full network: the agent reaches everything that this machine reaches',
          hint: 'sandbox_network: "proxy" reaches its model and package registries only',
        }
      : { level: 'ok', what: `network: ${network}` },
  ];
};

/** The safety checklist of the guide to containers, before a run: only what would do real harm fails. */
export const safetyChecklist = (facts: SafetyFacts): readonly SafetyFinding[] => [
  {
    level: 'ok',
    what: 'work folder: a clone of its own, never your checkout; ralph prune deletes all of it',
  },
  facts.hasGit
    ? { level: 'ok', what: 'git: every iteration is a commit to go back to' }
    : { level: 'fail', what: 'no repository: nothing to go back to', hint: 'git init, or set repo_url' },
  ...boxOf(facts),
  ...envFileOf(facts),
  facts.isFirst && facts.maxIterations > FIRST_ITERATIONS
    ? {
        level: 'warn',
        what: `max_iterations is ${facts.maxIterations} in the first run of this task`,
        hint: `begin with ${FIRST_ITERATIONS} or fewer, and look at what it did`,
      }
    : { level: 'ok', what: `max_iterations: ${facts.maxIterations}` },
];
