import { z } from 'zod';
import { isIssueName } from '../issue/issue-ref.ts';
import type { SteeringMode } from '../control.ts';
import type { Budgets } from '../event.ts';
import { networkModes } from '../network.ts';
import { presets, type Resources, type SandboxWish } from '../sandbox-choice.ts';
import { promiseProblem } from '../promise.ts';
import type { ClassicSpec } from './classic.ts';

/** Agents a task file may name; a version that cannot run one says so when the run starts. */
export const AGENTS = ['actions', 'claude', 'codex', 'opencode', 'gemini', 'command'] as const;
/** Sandboxes a task file may name. */
export const SANDBOX_PROVIDERS = ['local', 'podman', 'docker', 'lima', 'kubernetes', 'daytona'] as const;
/** How much a human may do to a run from outside, spec section 13.2. */
export const STEERING_MODES = ['autonomous', 'guided', 'debug'] as const;

export type AgentId = (typeof AGENTS)[number];
export type SandboxProviderId = (typeof SANDBOX_PROVIDERS)[number];

const NUL = '\u0000';
const WORD = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/;
const IMAGE = /^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}$/;
const COMMAND_NAME = /^[a-z][a-z0-9_-]{0,31}$/;

const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => !value.includes(NUL), 'must not hold a NUL');
const command = text(8192).refine((value) => value.trim() !== '', 'must not be empty');
const promise = z.string().superRefine((value, context) => {
  const message = promiseProblem(value);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});
const count = (max: number) => z.number().int().min(1).max(max);

/** Whether a task id can be a folder name and a part of a git ref. */
export const isTaskId = (id: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(id) && !id.includes('..') && !/\.(?:lock)?$/i.test(id);

const isRelativePath = (path: string): boolean => {
  if (path === '' || /^[/~\\-]/.test(path) || /^[A-Za-z]:/.test(path) || path.includes('\\')) return false;
  return path.split('/').every((part) => part !== '..' && !/^\.(?:git|ralph)$/i.test(part));
};

const isRepoUrl = (url: string): boolean =>
  url !== '' && !url.startsWith('-') && !/^[A-Za-z0-9]+::/.test(url) && !/[\p{Cc}\s]/u.test(url);

const hasNoPassword = (url: string): boolean =>
  !/^[a-z][a-z0-9+.-]*:\/\/[^/@:]*:[^/@]*@/i.test(url) && !/^https?:\/\/[^/@]*@/i.test(url);

const sandboxResources = z.object({
  vcpu: z.number().positive().max(1024).optional(),
  memory_gib: z.number().positive().max(65536).optional(),
  disk_gib: z.number().positive().max(1048576).optional(),
  pids: z.number().int().min(16).max(4_194_304).optional(),
});

const pullRequest = z.object({
  draft: z.boolean().default(true),
  labels: z
    .array(text(50).refine((value) => value.trim() !== '', 'must not be empty'))
    .max(20)
    .default(['ralph']),
  title_template: text(500).optional(),
  body_template: text(32768).optional(),
  wait_for_checks: z.boolean().default(false),
  on_overlap: z.enum(['warn', 'pause']).default('warn'),
});

const diagnose = z.object({
  every: z.number().int().min(0).max(100_000).default(0),
  apply: z.enum(['auto', 'approve']).default('approve'),
});

const state = z.object({ push: z.boolean().default(true) });

/** The front matter of `ralph_task.md`: template A of the spec and the keys of later sections. Unknown keys are dropped here; the linter names them. */
export const taskFrontmatter = z.object({
  task_id: z
    .string()
    .refine(isTaskId, 'must be letters, digits, ".", "_" and "-", at most 64, and fit into a git ref'),
  repo_url: text(2048)
    .refine(isRepoUrl, 'must be a repository address or path')
    .refine(hasNoPassword, 'must not hold a user name or password: use the settings for that')
    .optional(),
  issue: text(500).refine(isIssueName, 'must be like acme/widget#42, or the address of an issue').optional(),
  base_branch: z.string().optional(),
  target_branch_prefix: z.string().optional(),
  target_branch_slug: z.string().optional(),
  sandbox_provider: z.enum(SANDBOX_PROVIDERS).optional(),
  sandbox_image: z.string().regex(IMAGE, 'must be an image name').optional(),
  sandbox_resources: sandboxResources.optional(),
  sandbox_preset: z.enum(presets).optional(),
  sandbox_network: z.enum(networkModes).optional(),
  sandbox_read_only: z.boolean().default(false),
  sandbox_env_file: text(4096).refine(isRelativePath, 'must be a path inside the repository').optional(),
  model_profile_default: z.string().regex(WORD, 'must be the name of a profile').optional(),
  model_profile_fallback: z.string().regex(WORD, 'must be the name of a profile').optional(),
  model_profile_diagnose: z.string().regex(WORD, 'must be the name of a profile').optional(),
  max_iterations: count(100_000).default(30),
  max_wall_time_minutes: z.number().positive().max(525_600).default(120),
  max_cost_usd_estimate: z.number().positive().max(1_000_000).optional(),
  max_tokens_total: count(1_000_000_000_000).optional(),
  max_consecutive_gutter: count(1000).default(3),
  /** Required by the linter where there is no completion_promise. */
  test_command: command.optional(),
  verify_commands: z.array(command).max(100).default([]),
  completion_promise: promise.optional(),
  phases: z
    .array(text(200).refine((value) => value.trim() !== '', 'must not be empty'))
    .min(1)
    .max(100)
    .optional(),
  min_checkboxes: count(1000).default(2),
  command_timeout_s: z.number().positive().max(86_400).default(900),
  setup_commands: z.array(command).max(100).default([]),
  copy: z
    .array(text(4096).refine(isRelativePath, 'must be a path inside the repository'))
    .max(1000)
    .default([]),
  agent: z.enum(AGENTS).default('actions'),
  agent_command: command.optional(),
  agent_idle_minutes: z.number().positive().max(1440).default(15),
  agent_max_turns: count(10_000).default(200),
  steering_mode: z.enum(STEERING_MODES).default('autonomous'),
  diagnose: diagnose.prefault({}),
  debug_commands: z
    .record(z.string().regex(COMMAND_NAME, 'a name is small letters, digits, "_" and "-"'), command)
    .default({}),
  state: state.prefault({}),
  pr: pullRequest.prefault({}),
});

export type TaskFrontmatter = z.output<typeof taskFrontmatter>;

/** Known keys, by dotted parent ('' is the top). */
export const KNOWN_KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ['', Object.keys(taskFrontmatter.shape)],
  ['sandbox_resources', Object.keys(sandboxResources.shape)],
  ['pr', Object.keys(pullRequest.shape)],
  ['diagnose', Object.keys(diagnose.shape)],
  ['state', Object.keys(state.shape)],
]);

/** One success criterion of the task. */
export interface Box {
  /** As written (`M1.1`), else `B1`, `B2`, … in the order of the boxes without one. */
  readonly id: string;
  /** Without the id. */
  readonly text: string;
  /** The heading above, without the word: `M1 — Behavior`. */
  readonly milestone?: string;
  readonly checked: boolean;
  /** Shell command that must exit 0; several lines are joined so that each must. */
  readonly verify?: string;
  /** Line in the file, from 1. */
  readonly line: number;
}

export interface PullRequestSpec {
  readonly draft: boolean;
  readonly labels: readonly string[];
  readonly titleTemplate?: string;
  readonly bodyTemplate?: string;
  readonly waitForChecks: boolean;
  readonly onOverlap: 'warn' | 'pause';
}

/** A task file that passed the linter. */
export interface TaskSpec {
  readonly taskId: string;
  /** The first level-one heading without `Task:` and the id, else the id. */
  readonly title: string;
  readonly repoUrl?: string;
  /** The issue that it is about: its progress is told there. */
  readonly issue?: string;
  readonly baseBranch?: string;
  readonly targetBranchPrefix: string;
  readonly targetBranchSlug: string;
  readonly sandboxProvider?: SandboxProviderId;
  readonly sandboxImage?: string;
  readonly sandboxResources?: Resources;
  readonly sandbox: SandboxWish;
  readonly modelProfileDefault?: string;
  readonly modelProfileFallback?: string;
  readonly modelProfileDiagnose?: string;
  readonly budgets: Budgets;
  /** Always there but in classic tasks. */
  readonly testCommand?: string;
  readonly verifyCommands: readonly string[];
  readonly pr: PullRequestSpec;
  readonly state: { readonly push: boolean };
  readonly steeringMode: SteeringMode;
  /** `every` iterations, 0 is never. */
  readonly diagnose: { readonly every: number; readonly apply: 'auto' | 'approve' };
  readonly setupCommands: readonly string[];
  /** Ignored files to copy into the clone, relative to the repository. */
  readonly copy: readonly string[];
  readonly agent: AgentId;
  /** Shell command of `agent: command`, with `{{values}}` (agent-command.ts). */
  readonly agentCommand?: string;
  readonly agentIdleMinutes: number;
  readonly agentMaxTurns: number;
  readonly commandTimeoutS: number;
  /** What debug mode may run besides its own list; has no prototype. */
  readonly debugCommands: Readonly<Record<string, string>>;
  /** Only what is verified: in a classic task a box without a verification is a part of its text. */
  readonly boxes: readonly Box[];
  readonly classic?: ClassicSpec;
  /** The whole file. */
  readonly text: string;
}
