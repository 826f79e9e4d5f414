import { buildTask } from './build-task.ts';
import { scanBoxes } from './checkboxes.ts';
import type { BoxScan } from './checkboxes.ts';
import { lintPhases } from './classic.ts';
import type { Finding } from './finding.ts';
import { parseFrontmatter } from './frontmatter.ts';
import type { Frontmatter } from './frontmatter.ts';
import { lintBoxes } from './lint-boxes.ts';
import type { BoxContext } from './lint-boxes.ts';
import { alwaysPasses, isUnfilled, lintCommands } from './lint-commands.ts';
import { lintKeys } from './lint-keys.ts';
import type { TaskSpec } from './task.ts';

const MAX_FINDINGS = 200;

/** What the linter says about a task file; `task` is undefined exactly when a finding is an error. */
export interface LintResult {
  /** In the order of lines, at most 200, errors kept before warnings where there are more. */
  readonly findings: readonly Finding[];
  readonly task: TaskSpec | undefined;
}

const countLines = (text: string): number => {
  let count = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < text.length - 1; at = text.indexOf('\n', at + 1))
    count += 1;
  return count;
};

// As an example in a `verify:` line it must fit between backticks.
const isQuotable = (command: string): boolean =>
  command.trim() !== '' && !/[`\n]/.test(command.trim()) && !isUnfilled(command) && !alwaysPasses(command);

const ownOf =
  (front: Frontmatter) =>
  (key: string): unknown =>
    Object.hasOwn(front.data, key) ? front.data[key] : undefined;

const contextOf = (front: Frontmatter, text: string): BoxContext => {
  const own = ownOf(front);
  const promised = own('completion_promise') !== undefined;
  const [minimum, verify, test] = [own('min_checkboxes'), own('verify_commands'), own('test_command')];
  return {
    minimum: typeof minimum === 'number' && minimum >= 1 ? minimum : promised ? 0 : 2,
    promised,
    // Without readable front matter nobody knows, and one finding about that is enough.
    covered: !front.readable || (Array.isArray(verify) && verify.length > 0),
    testCommand: typeof test === 'string' && isQuotable(test) ? test.trim() : 'npm test',
    lastLine: countLines(text),
  };
};

const inOrder = (findings: readonly Finding[]): readonly Finding[] => {
  const errorsFirst = [...findings.filter(isError), ...findings.filter((finding) => !isError(finding))];
  return errorsFirst.slice(0, MAX_FINDINGS).toSorted((left, right) => left.line - right.line);
};

const isError = (finding: Finding): boolean => finding.level === 'error';

const EMPTY: Finding = {
  level: 'error',
  code: 'file.empty',
  line: 1,
  message: 'the task file is empty',
  fix: '---\ntask_id: "task-001"\n---',
};

const lintBody = (front: Frontmatter, scan: BoxScan, text: string): Finding[] => {
  const own = ownOf(front);
  const keys = { promise: own('completion_promise'), phases: own('phases') };
  return [
    ...lintBoxes(scan, contextOf(front, text)),
    ...lintPhases(text, keys, (key) => front.lineOf([key])),
  ];
};

/** Checks a task file by the rules of spec section 18.2; a run starts only with a `task`. Never throws. */
export const lintTask = (text: string): LintResult => {
  if (text.trim() === '') return { findings: [EMPTY], task: undefined };
  const front = parseFrontmatter(text);
  // What is too large, or has no front matter that ends, has no body to look at either.
  const first = front.findings[0]?.code;
  if (first === 'file.too-large' || first === 'frontmatter.unclosed')
    return { findings: front.findings, task: undefined };
  const scan = scanBoxes(text);
  const body = lintBody(front, scan, text);
  if (!front.readable) return { findings: inOrder([...front.findings, ...body]), task: undefined };
  const { findings, data } = lintKeys(front, scan, text);
  const all = [...findings, ...lintCommands(front), ...body];
  const task = data === undefined || all.some(isError) ? undefined : buildTask(text, data, scan);
  return { findings: inOrder(all), task };
};
