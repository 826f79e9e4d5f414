import { isValidRef, slugOf } from '../branch-name.ts';
import { nearestWord } from '../nearest.ts';
import { networkModes } from '../network.ts';
import { presets } from '../sandbox-choice.ts';
import { branchPartsOf } from './build-task.ts';
import type { BoxScan } from './checkboxes.ts';
import { AGENT_COMMAND_EXAMPLE, lintAgent } from './lint-agent.ts';
import { quoteForOutput } from './finding.ts';
import type { Finding } from './finding.ts';
import type { Frontmatter } from './frontmatter.ts';
import { lintSandbox } from './lint-sandbox.ts';
import { AGENTS, isTaskId, KNOWN_KEYS, SANDBOX_PROVIDERS, STEERING_MODES, taskFrontmatter } from './task.ts';
import type { TaskFrontmatter } from './task.ts';

const MAX_UNKNOWN = 50;
const MAX_ISSUES = 100;
const LONGEST_FIX = 2000;

const EXAMPLES: ReadonlyMap<string, string> = new Map([
  ['task_id', 'task_id: "task-001"'],
  ['repo_url', 'repo_url: "https://github.com/ORG/REPO.git"'],
  ['base_branch', 'base_branch: "main"'],
  ['target_branch_prefix', 'target_branch_prefix: "ralph/task-001/"'],
  ['target_branch_slug', 'target_branch_slug: "implement-foo"'],
  ['sandbox_provider', 'sandbox_provider: "podman"'],
  ['sandbox_image', 'sandbox_image: "docker.io/library/node:24"'],
  ['sandbox_resources', 'sandbox_resources:\n  vcpu: 2\n  memory_gib: 4\n  disk_gib: 20'],
  ['sandbox_preset', 'sandbox_preset: "medium"'],
  ['sandbox_network', 'sandbox_network: "proxy"'],
  ['sandbox_read_only', 'sandbox_read_only: true'],
  ['sandbox_env_file', 'sandbox_env_file: ".env.ralph"'],
  ['sandbox_resources.vcpu', 'vcpu: 2'],
  ['sandbox_resources.memory_gib', 'memory_gib: 4'],
  ['sandbox_resources.disk_gib', 'disk_gib: 20'],
  ['sandbox_resources.pids', 'pids: 512'],
  ['model_profile_default', 'model_profile_default: "default-cheap"'],
  ['model_profile_fallback', 'model_profile_fallback: "strong-doctor"'],
  ['model_profile_diagnose', 'model_profile_diagnose: "strong-doctor"'],
  ['max_iterations', 'max_iterations: 30'],
  ['max_wall_time_minutes', 'max_wall_time_minutes: 120'],
  ['max_cost_usd_estimate', 'max_cost_usd_estimate: 10'],
  ['max_tokens_total', 'max_tokens_total: 2000000'],
  ['max_consecutive_gutter', 'max_consecutive_gutter: 3'],
  ['test_command', 'test_command: "npm test"'],
  ['verify_commands', 'verify_commands:\n  - "npm test"'],
  ['completion_promise', 'completion_promise: "COMPLETE"'],
  ['phases', 'phases: ["plan.md", "build.md"]'],
  ['min_checkboxes', 'min_checkboxes: 2'],
  ['command_timeout_s', 'command_timeout_s: 900'],
  ['setup_commands', 'setup_commands:\n  - "npm ci"'],
  ['copy', 'copy:\n  - ".env.test"'],
  ['agent', 'agent: "actions"'],
  ['agent_command', AGENT_COMMAND_EXAMPLE],
  ['agent_idle_minutes', 'agent_idle_minutes: 15'],
  ['agent_max_turns', 'agent_max_turns: 200'],
  ['steering_mode', 'steering_mode: "autonomous"'],
  ['diagnose', 'diagnose:\n  every: 5\n  apply: "approve"'],
  ['diagnose.every', 'every: 5'],
  ['diagnose.apply', 'apply: "approve"'],
  ['debug_commands', 'debug_commands:\n  lint: "npm run lint"'],
  ['state', 'state:\n  push: true'],
  ['state.push', 'push: true'],
  ['pr', 'pr:\n  draft: true\n  labels: ["ralph"]'],
  ['pr.draft', 'draft: true'],
  ['pr.labels', 'labels: ["ralph"]'],
  ['pr.title_template', 'title_template: "[Ralph] Implement Foo: task-001"'],
  ['pr.body_template', 'body_template: |\n    ## Summary\n    What the change does.'],
  ['pr.wait_for_checks', 'wait_for_checks: false'],
  ['pr.on_overlap', 'on_overlap: "warn"'],
]);

const CHOICES: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['agent', AGENTS],
  ['sandbox_provider', SANDBOX_PROVIDERS],
  ['sandbox_preset', presets],
  ['sandbox_network', networkModes],
  ['steering_mode', STEERING_MODES],
  ['diagnose.apply', ['auto', 'approve']],
  ['pr.on_overlap', ['warn', 'pause']],
]);

type Path = readonly (string | number)[];

interface Issue {
  readonly code: string;
  readonly message: string;
  readonly path: readonly PropertyKey[];
  readonly expected?: unknown;
  /** What is wrong with the name of a record's entry. */
  readonly issues?: readonly { readonly message: string }[];
}

const exampleFor = (path: Path): string => {
  for (let length = path.length; length > 0; length -= 1) {
    const example = EXAMPLES.get(path.slice(0, length).join('.'));
    if (example !== undefined) return example;
  }
  return 'key: "value"';
};

const valueAt = (data: unknown, path: Path): unknown => {
  let value = data;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[part];
  }
  return value;
};

const stringFix = (path: Path, value: string, issue: Issue): string => {
  const label = typeof path.at(-1) === 'number' ? '-' : `${String(path.at(-1))}:`;
  if (issue.expected === 'number' && /^\d{1,12}(?:\.\d{1,6})?$/.test(value)) return `${label} ${value}`;
  const choice = nearestWord(value, CHOICES.get(path.join('.')) ?? []);
  return choice === undefined ? exampleFor(path) : `${label} "${choice}"`;
};

const fixFor = (path: Path, issue: Issue, front: Frontmatter): string => {
  const value = valueAt(front.data, path);
  const source = quoteForOutput(front.sourceOf(path) ?? '', LONGEST_FIX);
  if (path[0] === 'task_id' && source !== '') return taskIdFix(source);
  if (typeof value === 'string') return stringFix(path, value, issue);
  if ((typeof value !== 'number' && typeof value !== 'boolean') || issue.expected !== 'string')
    return exampleFor(path);
  return typeof path.at(-1) === 'number' ? `- "${source}"` : `${String(path.at(-1))}: "${source}"`;
};

const taskIdFix = (source: string): string => {
  const id = isTaskId(source) ? source : slugOf(source);
  return `task_id: "${id}"`;
};

const messageFor = (path: Path, issue: Issue, front: Frontmatter): string => {
  const key = quoteForOutput(path.join('.'));
  const value = valueAt(front.data, path);
  if (value === undefined) return `${key} is missing`;
  if (value === null) return `${key} has no value: give one, or delete the line`;
  const choices = CHOICES.get(path.join('.'));
  if (choices !== undefined) return `${key} must be one of: ${choices.join(', ')}`;
  const message =
    issue.code === 'invalid_key' ? (issue.issues?.[0]?.message ?? issue.message) : issue.message;
  return `${key}: ${quoteForOutput(message.replace(/^Invalid input: /, ''))}`;
};

const valueFindings = (issues: readonly Issue[], front: Frontmatter): Finding[] =>
  issues.slice(0, MAX_ISSUES).map((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    const missing = valueAt(front.data, path) === undefined;
    return {
      level: 'error',
      code: missing ? 'key.missing' : 'key.value',
      line: front.lineOf(path),
      key: quoteForOutput(path.join('.')),
      message: messageFor(path, issue, front),
      fix: fixFor(path, issue, front),
    };
  });

const unknownKey = (path: readonly string[], front: Frontmatter, lines: readonly string[]): Finding => {
  const key = path.at(-1) ?? '';
  const line = front.lineOf(path);
  const near = nearestWord(key, KNOWN_KEYS.get(path.slice(0, -1).join('.')) ?? []);
  const written = lines[line - 1]?.trim() ?? '';
  const fix = near === undefined ? `# ${written}` : written.replace(key, () => near);
  return {
    level: 'warning',
    code: 'key.unknown',
    line,
    key: quoteForOutput(path.join('.')),
    message: `unknown key "${quoteForOutput(key)}"${near === undefined ? ' is ignored' : `: did you mean "${near}"?`}`,
    fix: quoteForOutput(fix, LONGEST_FIX),
  };
};

const unknownFindings = (front: Frontmatter, lines: readonly string[]): Finding[] => {
  const unknown: string[][] = [];
  for (const [parent, known] of KNOWN_KEYS) {
    const path = parent === '' ? [] : [parent];
    const value = valueAt(front.data, path);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
    for (const key of Object.keys(value)) if (!known.includes(key)) unknown.push([...path, key]);
  }
  return unknown.slice(0, MAX_UNKNOWN).map((path) => unknownKey(path, front, lines));
};

const missing = (front: Frontmatter, key: string, message: string): Finding => ({
  level: 'error',
  code: 'key.missing',
  line: front.endLine,
  key,
  message,
  fix: EXAMPLES.get(key) ?? key,
});

/** A task ends by its checks, or by the agent's promise. */
const endFindings = (front: Frontmatter): Finding[] => {
  const has = (key: string): boolean => Object.hasOwn(front.data, key);
  if (has('test_command') || has('completion_promise')) return [];
  return [missing(front, 'test_command', 'test_command is missing')];
};

const budgetFindings = (front: Frontmatter): Finding[] => {
  const has = (key: string): boolean => Object.hasOwn(front.data, key);
  const findings = ['max_iterations', 'max_wall_time_minutes']
    .filter((key) => !has(key))
    .map((key) => missing(front, key, `${key} is missing: a run needs this hard stop`));
  if (!has('max_cost_usd_estimate') && !has('max_tokens_total')) {
    const message = 'a run needs max_cost_usd_estimate or max_tokens_total as a hard stop';
    findings.push(missing(front, 'max_cost_usd_estimate', message));
  }
  return findings;
};

const isPrefix = (prefix: string): boolean => prefix === '' || isValidRef(`${prefix}x`);

const branchFindings = (front: Frontmatter, data: TaskFrontmatter, scan: BoxScan): Finding[] => {
  const { prefix, slug } = branchPartsOf(data, scan);
  const refuse = (key: string, fix: string): Finding[] => [
    {
      level: 'error',
      code: 'branch.invalid',
      line: front.lineOf([key]),
      key,
      message: `${key} does not give a branch name that git accepts`,
      fix: `${key}: "${fix}"`,
    },
  ];
  const base = data.base_branch;
  const findings = base === undefined || isValidRef(base) ? [] : refuse('base_branch', 'main');
  if (!isPrefix(prefix)) return [...findings, ...refuse('target_branch_prefix', `ralph/${data.task_id}/`)];
  if (slug === '' || !isValidRef(`${prefix}${slug}-v9999`) || !isValidRef(`${prefix}${slug}`)) {
    return [...findings, ...refuse('target_branch_slug', slugOf(slug))];
  }
  return findings;
};

/** Checks the front matter's keys and values; `data` is there only when every value is of its kind. */
export const lintKeys = (
  front: Frontmatter,
  scan: BoxScan,
  text: string,
): { readonly findings: readonly Finding[]; readonly data: TaskFrontmatter | undefined } => {
  const parsed = taskFrontmatter.safeParse(front.data);
  const findings = [
    ...(parsed.success
      ? [...branchFindings(front, parsed.data, scan), ...lintSandbox(front, parsed.data)]
      : valueFindings(parsed.error.issues, front)),
    ...(parsed.success ? lintAgent(front, parsed.data) : []),
    ...endFindings(front),
    ...budgetFindings(front),
    ...unknownFindings(front, text.split('\n')),
  ];
  return { findings, data: parsed.data };
};
