import type { BoxScan, ScannedBox } from './checkboxes.ts';
import { quoteForOutput } from './finding.ts';
import type { Finding } from './finding.ts';
import { alwaysPasses, isUnfilled } from './lint-commands.ts';

/** What of the front matter the rules for boxes depend on. */
export interface BoxContext {
  readonly minimum: number;
  /** Whether `verify_commands` cover the boxes without their own `verify:`. */
  readonly covered: boolean;
  /** A promise ends the run: boxes that nothing verifies are text. */
  readonly promised: boolean;
  readonly testCommand: string;
  /** Where a box is missing. */
  readonly lastLine: number;
}

const finding = (
  rule: `${'error' | 'warning'} ${string}`,
  box: ScannedBox,
  rest: Omit<Finding, 'level' | 'code' | 'key' | 'line'> & { line?: number },
): Finding => {
  const [level, code] = rule.split(' ') as ['error' | 'warning', string];
  return { level, code: `box.${code}`, line: box.line, key: quoteForOutput(box.id), ...rest };
};

const written = (box: ScannedBox, mark: string): string =>
  `- [${mark}] ${box.explicit ? `${box.id} ` : ''}${quoteForOutput(box.text, 2000)}`.trimEnd();

const verifyLine = (command: string): string => `  - verify: \`${quoteForOutput(command, 2000)}\``;

const verifyFindings = (box: ScannedBox, context: BoxContext): Finding[] => {
  const id = quoteForOutput(box.id);
  if (box.emptyVerifyLine !== undefined) {
    const message = `box ${id} has a \`verify:\` line without a command`;
    return [
      finding('error verify-empty', box, {
        line: box.emptyVerifyLine,
        message,
        fix: verifyLine(context.testCommand),
      }),
    ];
  }
  if (box.verify === undefined) {
    if (context.covered) return [];
    const message = `box ${id} has no \`verify:\` line below it and there are no verify_commands`;
    return [finding('error verify-missing', box, { message, fix: verifyLine(context.testCommand) })];
  }
  const at = { line: box.verifyLine ?? box.line };
  if (isUnfilled(box.verify)) {
    const message = `the \`verify:\` of box ${id} is not filled in yet`;
    return [finding('error todo', box, { ...at, message, fix: verifyLine(context.testCommand) })];
  }
  if (!alwaysPasses(box.verify)) return [];
  const message = `the \`verify:\` of box ${id} exits 0 whatever the code does: it verifies nothing`;
  return [finding('warning no-op', box, { ...at, message, fix: verifyLine(context.testCommand) })];
};

const boxFindings = (box: ScannedBox, context: BoxContext): Finding[] => {
  const id = quoteForOutput(box.id);
  const findings = verifyFindings(box, context);
  const example = `- [ ] ${box.id} GET /foo answers 200 for valid input`;
  if (isUnfilled(box.text)) {
    findings.push(finding('error todo', box, { message: `box ${id} is not filled in yet`, fix: example }));
  } else if (box.text === '') {
    findings.push(finding('error empty', box, { message: `box ${id} says nothing`, fix: example }));
  }
  if (box.verify === undefined && /\bverify:[ \t]*`/i.test(box.text)) {
    const message = `box ${id} holds its \`verify:\` in its own line, where it is not read`;
    findings.push(finding('warning verify-inline', box, { message, fix: verifyLine(context.testCommand) }));
  }
  if (box.checked) {
    const message = `box ${id} is ticked already: the run verifies it again`;
    findings.push(finding('warning checked', box, { message, fix: written(box, ' ') }));
  }
  return findings;
};

const duplicateFindings = (boxes: readonly ScannedBox[]): Finding[] => {
  const ids = new Set(boxes.map((box) => box.id));
  const seen = new Map<string, number>();
  let tries = 0;
  return boxes.flatMap((box) => {
    const first = seen.get(box.id);
    seen.set(box.id, first ?? box.line);
    if (first === undefined) return [];
    const stem = box.id.replace(/\d+$/, '');
    let next = 1;
    while (ids.has(`${stem}${next}`) && tries < 100_000) {
      next += 1;
      tries += 1;
    }
    ids.add(`${stem}${next}`);
    const message = `the id ${quoteForOutput(box.id)} stands on line ${first} already`;
    const colon = stem.includes('.') ? '' : ':';
    const fix = `- [${box.checked ? 'x' : ' '}] ${stem}${next}${colon} ${quoteForOutput(box.text, 2000)}`;
    return [finding('error duplicate', box, { message, fix })];
  });
};

/** In a task that ends by a promise, a box without any verification is a part of the prompt. */
const isText = (box: ScannedBox, { promised, covered }: BoxContext): boolean =>
  promised && !covered && box.verify === undefined && box.emptyVerifyLine === undefined;

const textFinding = (box: ScannedBox, { testCommand }: BoxContext): Finding => {
  const message = `box ${quoteForOutput(box.id)} has no \`verify:\`: it is text for the agent, and the runner does not check it`;
  return finding('warning unverified', box, { message, fix: verifyLine(testCommand) });
};

/** Checks the success criteria of a task (spec section 18.2). */
export const lintBoxes = (scan: BoxScan, context: BoxContext): Finding[] => {
  const findings: Finding[] = [];
  if (scan.unclosed !== undefined) {
    const { what, line } = scan.unclosed;
    const message = `this ${what} is never closed and hides everything below it`;
    findings.push({
      level: 'error',
      code: 'markdown.unclosed',
      line,
      message,
      fix: what === 'comment' ? '-->' : '```',
    });
  }
  const boxes = scan.boxes.filter((box) => !isText(box, context));
  const has = boxes.length;
  if (has < context.minimum) {
    findings.push({
      level: 'error',
      code: 'box.too-few',
      line: scan.boxes.at(-1)?.line ?? context.lastLine,
      message: `the task has ${has} of at least ${context.minimum} success criteria (checkboxes)`,
      fix: `- [ ] M1.${has + 1} What can be seen when it is done\n${verifyLine(context.testCommand)}`,
    });
  }
  findings.push(...duplicateFindings(boxes));
  for (const box of scan.boxes) {
    if (findings.length > 500) break;
    findings.push(...(isText(box, context) ? [textFinding(box, context)] : boxFindings(box, context)));
  }
  return findings;
};
