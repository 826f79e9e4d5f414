import { slugOf } from '../branch-name.ts';
import type { BoxScan, ScannedBox } from './checkboxes.ts';
import { quoteForOutput } from './finding.ts';
import type { Budgets } from '../event.ts';
import type { Box, PullRequestSpec, TaskFrontmatter, TaskSpec } from './task.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
/** Drops members that are undefined, as exact optional members want it. */
const given = <T extends object>(members: { readonly [Key in keyof T]: T[Key] | undefined }): T =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;

const titleOf = (heading: string | undefined, taskId: string): string => {
  const plain = quoteForOutput((heading ?? '').trim().replace(/^Task:\s*/i, ''));
  const id = `(${taskId})`;
  return (plain.endsWith(id) ? plain.slice(0, -id.length) : plain).trim() || taskId;
};

const boxOf = ({ id, text, milestone, checked, verify, line }: ScannedBox): Box =>
  given<Box>({ id, text, milestone, checked, verify, line });

const budgetsOf = (front: TaskFrontmatter): Budgets =>
  given<Mutable<Budgets>>({
    maxIterations: front.max_iterations,
    maxWallTimeMinutes: front.max_wall_time_minutes,
    maxCostUsd: front.max_cost_usd_estimate,
    maxTokensTotal: front.max_tokens_total,
    maxConsecutiveGutter: front.max_consecutive_gutter,
  });

const pullRequestOf = ({ pr }: TaskFrontmatter): PullRequestSpec =>
  given<Mutable<PullRequestSpec>>({
    draft: pr.draft,
    labels: pr.labels,
    titleTemplate: pr.title_template,
    bodyTemplate: pr.body_template,
    waitForChecks: pr.wait_for_checks,
    onOverlap: pr.on_overlap,
  });

const resourcesOf = ({ sandbox_resources: asked }: TaskFrontmatter): TaskSpec['sandboxResources'] =>
  asked &&
  given<NonNullable<TaskSpec['sandboxResources']>>({
    vcpu: asked.vcpu,
    memoryGib: asked.memory_gib,
    diskGib: asked.disk_gib,
  });

/** The branch parts a task asks for, with the defaults of spec section 14.2. */
export const branchPartsOf = (front: TaskFrontmatter, scan: BoxScan): { prefix: string; slug: string } => ({
  prefix: front.target_branch_prefix ?? `ralph/${front.task_id}/`,
  slug: front.target_branch_slug ?? slugOf(titleOf(scan.heading, front.task_id)),
});

/** The task of a file without errors. */
export const buildTask = (text: string, front: TaskFrontmatter, scan: BoxScan): TaskSpec => {
  const { prefix, slug } = branchPartsOf(front, scan);
  return given<TaskSpec>({
    taskId: front.task_id,
    title: titleOf(scan.heading, front.task_id),
    repoUrl: front.repo_url,
    issue: front.issue,
    baseBranch: front.base_branch,
    targetBranchPrefix: prefix,
    targetBranchSlug: slug,
    sandboxProvider: front.sandbox_provider,
    sandboxImage: front.sandbox_image,
    sandboxResources: resourcesOf(front),
    modelProfileDefault: front.model_profile_default,
    modelProfileFallback: front.model_profile_fallback,
    modelProfileDiagnose: front.model_profile_diagnose,
    budgets: budgetsOf(front),
    testCommand: front.test_command,
    verifyCommands: front.verify_commands,
    pr: pullRequestOf(front),
    state: front.state,
    steeringMode: front.steering_mode,
    diagnose: front.diagnose,
    setupCommands: front.setup_commands,
    copy: front.copy,
    agent: front.agent,
    commandTimeoutS: front.command_timeout_s,
    debugCommands: Object.assign(Object.create(null) as Record<string, string>, front.debug_commands),
    boxes: scan.boxes.map(boxOf),
    text,
  });
};
