import { slugOf } from '../branch-name.ts';
import { RalphError } from '../error.ts';
import { DEFAULT_PROMISE, promiseProblem, promiseTag } from '../promise.ts';
import { scanBoxes } from './checkboxes.ts';
import { hasPhaseMark, phaseMark } from './classic.ts';
import { quoteForOutput } from './finding.ts';
import { MAX_FILE_BYTES, utf8Length } from './frontmatter.ts';

/** One prompt file; several are phases, in their order. */
export interface PromptFile {
  /** As it was given. */
  readonly path: string;
  readonly text: string;
}
export interface ClassicOptions {
  readonly prompts: readonly PromptFile[];
  readonly taskId?: string;
  readonly title?: string;
  readonly promise?: string;
  readonly maxIterations?: number;
  readonly maxCostUsd?: number;
  readonly testCommand?: string;
  readonly agent?: string;
  readonly agentCommand?: string;
  readonly baseBranch?: string;
}

const DEFAULT_ITERATIONS = 30;
const DEFAULT_COST_USD = 10;
/** Long runs are asked for by their iterations: the other stops grow with them. */
const MINUTES_PER_ITERATION = 12;
const TOKENS_PER_ITERATION = 1_000_000;

const refuse = (message: string, hint: string): RalphError => new RalphError('usage', message, { hint });

const nameOf = ({ path }: PromptFile): string => path.split(/[/\\]/).at(-1) ?? path;

const checkPrompt = (file: PromptFile): void => {
  const { path, text } = file;
  const shown = quoteForOutput(path);
  if (text.trim() === '') throw refuse(`${shown} is empty`, 'write down what the agent is to do');
  if (text.includes('\0')) throw refuse(`${shown} is not text`, 'a prompt file is plain text or Markdown');
  if (hasPhaseMark(text))
    throw refuse(
      `${shown} holds a line that would begin a phase`,
      `take out ${phaseMark(1)} and the like: give each phase a file of its own`,
    );
  const { unclosed } = scanBoxes(`---\n---\n${text}`);
  if (unclosed !== undefined)
    throw refuse(
      `${shown} line ${unclosed.line - 2}: this ${unclosed.what} is never closed`,
      `close it with ${unclosed.what === 'comment' ? '-->' : '```'}: what stands below it is hidden from the runner`,
    );
};

const promiseOf = (given: string | undefined): string => {
  const promise = given ?? DEFAULT_PROMISE;
  const problem = promiseProblem(promise);
  if (problem === undefined) return promise.trim();
  throw refuse(
    `--completion-promise ${problem}`,
    `as in --completion-promise ${DEFAULT_PROMISE}: the agent then ends with ${promiseTag(DEFAULT_PROMISE)}`,
  );
};

// JSON strings are YAML strings.
const quoted = (text: string): string => JSON.stringify(text.toWellFormed());

const stops = ({ maxIterations = DEFAULT_ITERATIONS, maxCostUsd }: ClassicOptions): readonly string[] => [
  `max_iterations: ${maxIterations}`,
  `max_wall_time_minutes: ${Math.max(120, maxIterations * MINUTES_PER_ITERATION)}`,
  `max_cost_usd_estimate: ${maxCostUsd ?? DEFAULT_COST_USD}`,
  `max_tokens_total: ${Math.max(2, maxIterations) * TOKENS_PER_ITERATION}`,
];

const bodyOf = (prompts: readonly PromptFile[]): string => {
  const texts = prompts.map(({ text }) => text.replace(/^\uFEFF/, '').trimEnd());
  if (texts.length === 1) return texts.join('');
  return texts.map((text, i) => `${phaseMark(i + 1)}\n\n${text}`).join('\n\n');
};

const titleOf = ({ title, prompts }: ClassicOptions): string => {
  const first = prompts[0] ?? { path: 'prompt', text: '' };
  const { heading } = scanBoxes(`---\n---\n${first.text}`);
  return title ?? heading?.replace(/^Task:\s*/i, '') ?? nameOf(first).replace(/\.\w+$/, '');
};

/**
 * The task file of a classic run: front matter of what was given and the usual stops, and the prompts as its body.
 * Throws `usage` for prompts and promises that could not be told apart.
 */
export const classicTask = (options: ClassicOptions): string => {
  const { prompts, testCommand, agent, agentCommand, baseBranch } = options;
  for (const file of prompts) checkPrompt(file);
  const id = options.taskId ?? slugOf(titleOf(options)).slice(0, 40).replace(/-$/, '');
  const front = [
    `task_id: ${quoted(id)}`,
    ...(baseBranch === undefined ? [] : [`base_branch: ${quoted(baseBranch)}`]),
    ...(agent === undefined ? [] : [`agent: ${quoted(agent)}`]),
    ...(agentCommand === undefined ? [] : [`agent_command: ${quoted(agentCommand)}`]),
    `completion_promise: ${quoted(promiseOf(options.promise))}`,
    ...(prompts.length > 1
      ? [`phases: [${prompts.map((file) => quoted(nameOf(file).slice(-200))).join(', ')}]`]
      : []),
    ...(testCommand === undefined ? [] : [`test_command: ${quoted(testCommand)}`]),
    ...stops(options),
  ];
  const text = `---\n${front.join('\n')}\n---\n\n${bodyOf(prompts)}\n`;
  if (utf8Length(text) <= MAX_FILE_BYTES) return text;
  throw refuse(
    `the prompts are larger than ${MAX_FILE_BYTES / 1024} KiB`,
    'move long texts into files of the repository and name them in the prompt',
  );
};
