import type { BudgetGauge } from './budget.ts';
import type { LoopScore } from './loop-score.ts';

/** One command of the last iteration as the model sees it again. */
export interface ShownCommand {
  readonly command: string;
  readonly outcome: string;
  readonly output: string;
}
/** Everything a prompt is made of (spec 10). Texts are redacted and sanitized by the caller. */
export interface PromptParts {
  readonly system: string;
  /** Empty for agents that answer with work instead of JSON. */
  readonly contract: string;
  readonly task: string;
  readonly guardrails: string;
  readonly progress: string;
  readonly notes: string;
  readonly errors: string;
  readonly status: string;
  readonly diffSummary: string;
  readonly commands: readonly ShownCommand[];
  /** Where the whole output lies, e.g. `.ralph/iterations/3/test_output.txt`. */
  readonly outputPath: string | undefined;
  /** What failed at the forge, and on which commit; left out where nothing did. */
  readonly checks?: string;
  readonly iteration: number;
  readonly maxIterations: number;
  readonly gauges: readonly BudgetGauge[];
  readonly scores: readonly number[];
  readonly loop: LoopScore | undefined;
  /** Said when the runner wants a fresh approach. */
  readonly rotation: string | undefined;
}

/** Hard limits in UTF-16 units; what is over is cut and the file named (spec 10, hard rules). */
export const limits = {
  guardrails: 24_000,
  progress: 8_000,
  notes: 8_000,
  errorLines: 200,
  errors: 12_000,
  status: 6_000,
  command: 12_000,
  commands: 48_000,
  checks: 24_000,
} as const;

const cutTail = (text: string, max: number, path: string): string =>
  text.length <= max ? text : `${text.slice(0, max)}\n[cut: ${text.length - max} more characters in ${path}]`;

const cutHead = (text: string, max: number, path: string): string =>
  text.length <= max
    ? text
    : `[cut: ${text.length - max} earlier characters in ${path}]\n${text.slice(-max)}`;

/** Keeps both ends: failures show at the end, the cause often at the start. */
export const cutMiddle = (text: string, max: number, path: string): string => {
  if (text.length <= max) return text;
  const head = Math.floor(max / 3);
  return `${text.slice(0, head)}\n[cut: ${text.length - max} characters, all of it in ${path}]\n${text.slice(head - max)}`;
};

const section = (title: string, body: string): string => `## ${title}\n\n${body.trim() || '(empty)'}\n`;

const showCommands = (parts: PromptParts): string => {
  const path = parts.outputPath ?? 'test_output.txt';
  const share = Math.min(limits.command, Math.floor(limits.commands / Math.max(1, parts.commands.length)));
  const shown = parts.commands.map(
    (c) => `$ ${c.command}\n[${c.outcome}]\n${cutMiddle(c.output.trimEnd(), Math.max(400, share), path)}`,
  );
  if (parts.commands.length === 0) return 'No command has run yet.';
  return cutMiddle(shown.join('\n\n'), limits.commands, path);
};

const amount = (value: number, unit: BudgetGauge['unit']): string =>
  unit === 'USD' ? `$${value.toFixed(4)}` : `${Math.round(value * 10) / 10} ${unit}`;

const showBudgets = (parts: PromptParts): string => {
  const lines = parts.gauges.map(
    (g) => `- ${g.name}: ${amount(g.used, g.unit)} used of ${amount(g.limit, g.unit)}`,
  );
  const scores = parts.scores.slice(-8).map((s) => s.toFixed(2));
  return [
    `Iteration: ${parts.iteration} of ${parts.maxIterations}`,
    ...lines,
    `- recent loop_score: ${scores.join(' ') || 'none yet'} (0.7 or more means: going in circles)`,
    ...(parts.loop && parts.loop.score > 0 ? parts.loop.evidence.map((e) => `  - ${e}`) : []),
    ...(parts.rotation ? ['', parts.rotation] : []),
  ].join('\n');
};

const lastLines = (text: string, lines: number): string => text.split('\n').slice(-lines).join('\n');

/** The prompt of one iteration, in the fixed order of spec 10; the same parts always give the same text. */
export const buildPrompt = (parts: PromptParts): { readonly system: string; readonly user: string } => ({
  system: parts.system,
  user: [
    section('ralph_task.md', parts.task),
    section('.ralph/guardrails.md', cutHead(parts.guardrails, limits.guardrails, '.ralph/guardrails.md')),
    section('.ralph/progress.md', cutTail(parts.progress, limits.progress, '.ralph/progress.md')),
    section('.ralph/notes.md', cutHead(parts.notes, limits.notes, '.ralph/notes.md')),
    section(
      '.ralph/errors.log (tail)',
      cutHead(lastLines(parts.errors.trimEnd(), limits.errorLines), limits.errors, '.ralph/errors.log'),
    ),
    section('Repository', cutTail(`${parts.status}\n\n${parts.diffSummary}`, limits.status, 'git status')),
    section('Commands of the last iteration', showCommands(parts)),
    ...(parts.checks === undefined
      ? []
      : [section('Checks of the pull request', cutMiddle(parts.checks, limits.checks, 'the forge'))]),
    section('Budgets and progress', showBudgets(parts)),
    ...(parts.contract === '' ? [] : [section('What to answer', parts.contract)]),
    // A cut may lie inside a surrogate pair, and some endpoints refuse half of one.
  ]
    .join('\n')
    .toWellFormed(),
});
