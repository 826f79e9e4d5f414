import { slugOf } from '../branch-name.ts';
import type { BoxScan, ScannedBox } from './checkboxes.ts';
import { phaseTexts, type ClassicSpec } from './classic.ts';
import { quoteForOutput } from './finding.ts';
import type { Budgets } from '../event.ts';
import type { SandboxWish } from '../sandbox-choice.ts';
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
    pids: asked.pids,
  });

const wishOf = (front: TaskFrontmatter): SandboxWish =>
  given<SandboxWish>({
    preset: front.sandbox_preset,
    network: front.sandbox_network,
    readOnly: front.sandbox_read_only,
    envFile: front.sandbox_env_file,
  });

/** The branch parts a task asks for, with the defaults of spec section 14.2. */
export const branchPartsOf = (front: TaskFrontmatter, scan: BoxScan): { prefix: string; slug: string } => ({
  prefix: front.target_branch_prefix ?? `ralph/${front.task_id}/`,
  slug: front.target_branch_slug ?? slugOf(titleOf(scan.heading, front.task_id)),
});

/** Those that something verifies; all of them but in a classic task. */
const boxesOf = (front: TaskFrontmatter, scan: BoxScan): readonly Box[] =>
  scan.boxes
    .filter(
      (box) =>
        front.completion_promise === undefined ||
        box.verify !== undefined ||
        front.verify_commands.length > 0,
    )
    .map(boxOf);

const classicOf = (
  text: string,
  front: TaskFrontmatter,
  boxes: readonly Box[],
): { readonly classic: ClassicSpec } | undefined => {
  if (front.completion_promise === undefined) return undefined;
  const { phases: names = [], test_command: test, verify_commands: verify } = front;
  return {
    classic: {
      promise: front.completion_promise.trim(),
      phases: phaseTexts(text).map((prompt, i) => ({ name: quoteForOutput(names[i] ?? ''), text: prompt })),
      checked: test !== undefined || verify.length > 0 || boxes.length > 0,
    },
  };
};

/** The task of a file without errors. */
export const buildTask = (text: string, front: TaskFrontmatter, scan: BoxScan): TaskSpec => {
  const { prefix, slug } = branchPartsOf(front, scan);
  const boxes = boxesOf(front, scan);
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
    sandbox: wishOf(front),
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
    agentCommand: front.agent_command,
    agentIdleMinutes: front.agent_idle_minutes,
    agentMaxTurns: front.agent_max_turns,
    commandTimeoutS: front.command_timeout_s,
    debugCommands: Object.assign(Object.create(null) as Record<string, string>, front.debug_commands),
    boxes,
    classic: classicOf(text, front, boxes)?.classic,
    text,
  });
};
