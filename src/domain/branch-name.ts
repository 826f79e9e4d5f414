import { RalphError } from './error.ts';
import type { TaskSpec } from './spec/task.ts';

const LONGEST_REF = 200;
const LONGEST_SLUG = 48;
const MAX_RERUNS = 10_000;

// As git-check-ref-format has it; a component is what stands between slashes.
const FORBIDDEN_ANYWHERE = /\.\.|@\{|[ ~^:?*[\\]|\p{Cc}/u;
const FORBIDDEN_COMPONENT = /^$|^\.|\.lock$/;

/** Whether git takes this as a branch name (the rules of git-check-ref-format), at most 200 characters. */
export const isValidRef = (name: string): boolean => {
  if (name.length > LONGEST_REF || !name.isWellFormed() || FORBIDDEN_ANYWHERE.test(name)) return false;
  if (name === '@' || name === 'HEAD' || name.startsWith('-') || name.endsWith('.')) return false;
  return name.split('/').every((part) => !FORBIDDEN_COMPONENT.test(part));
};

/** A title as part of a branch name: `[a-z0-9-]`, 1 to 48 characters, `task` when nothing is left. */
export const slugOf = (title: string): string => {
  const words = title
    .slice(0, 1000)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '');
  const cut = words.slice(0, LONGEST_SLUG + 1);
  const whole = cut.length > LONGEST_SLUG && cut.includes('-') ? cut.slice(0, cut.lastIndexOf('-')) : cut;
  return whole.slice(0, LONGEST_SLUG).replace(/-$/, '') || 'task';
};

/** The run's branch, `ralph/<task_id>/<slug>` or as the task says; `-v2`, `-v3`, … while taken (spec 14.2). */
export const branchName = (
  task: Pick<TaskSpec, 'targetBranchPrefix' | 'targetBranchSlug'>,
  taken: (name: string) => boolean,
): string => {
  const base = `${task.targetBranchPrefix}${task.targetBranchSlug}`;
  if (!isValidRef(base)) {
    throw new RalphError('spec.invalid', `"${base.slice(0, 100)}" is not a valid branch name`, {
      hint: 'Change target_branch_prefix or target_branch_slug in the task file.',
    });
  }
  if (!taken(base)) return base;
  for (let version = 2; version < MAX_RERUNS; version += 1) {
    const name = `${base}-v${version}`;
    if (!taken(name)) return name;
  }
  throw new RalphError('usage', `every branch name from ${base} to ${base}-v${MAX_RERUNS - 1} is taken`, {
    hint: 'Delete old branches, or set another target_branch_slug in the task file.',
  });
};
