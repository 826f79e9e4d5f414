import { z } from 'zod';
import { RalphError } from '../domain/error.ts';
import { slugOf } from '../domain/branch-name.ts';
import type { App } from './app.ts';
import {
  checkSource,
  classicFlags,
  limitFlags,
  promptTask,
  withLimits,
  type ClassicArgs,
} from './classic.ts';
import { defineCommand } from './define.ts';

// yaml and gray-matter are loaded by the commands that need them: every other one starts without.
const projectFiles = (app: App, names: readonly string[]): ReadonlyMap<string, string> => {
  const root = app.files.repoRoot ?? app.files.cwd;
  const files = new Map<string, string>();
  for (const name of names) {
    const text = readOptional(app, `${root}/${name}`);
    if (text !== undefined) files.set(name, text);
  }
  return files;
};
/** A lock file may be larger than what we read: that it is there is all that counts. */
const readOptional = (app: App, path: string): string | undefined => {
  try {
    return app.files.readText(path);
  } catch {
    return '';
  }
};

type InitArgs = ClassicArgs & { readonly title?: string | undefined; readonly id?: string | undefined };

/** Where no prompt is given: a task with places to fill in, by the kind of project. */
const starter = async (app: App, args: InitArgs): Promise<{ text: string; kind: string }> => {
  const { detectProject, PROJECT_FILES, starterTask } = await import('../domain/spec/detect.ts');
  const { title = 'Describe the task', id } = args;
  const project = detectProject(projectFiles(app, PROJECT_FILES));
  const baseBranch = (await app.files.currentBranch()) ?? 'main';
  const taskId = id ?? slugOf(title).slice(0, 40);
  const origin = await app.files.origin();
  const options = { taskId, title, baseBranch, project, ...(origin !== undefined && { origin }) };
  const text = starterTask(app.prompt('starters/ralph_task'), options);
  const kind = project.kind === 'unknown' ? 'no known project kind' : project.kind;
  return { text: await withLimits(text, args), kind };
};

const fromPrompts = async (app: App, args: InitArgs): Promise<{ text: string; kind: string }> => {
  const phases = args.promptFile.length;
  const text = await promptTask(app, { ...args, taskId: args.id });
  return { text, kind: phases === 1 ? 'of one prompt' : `of ${phases} prompts, a phase each` };
};

export const init = defineCommand({
  id: 'task.init',
  title: 'Write a task file for this repository, and models.yaml',
  group: 'Run',
  args: z.object({
    title: z.string().optional().describe('title of the task'),
    id: z.string().optional().describe('task_id; made from the title by default'),
    file: z.string().default('ralph_task.md').describe('where to write it'),
    force: z.boolean().default(false).describe('overwrite'),
    print: z.boolean().default(false).describe('print the task file and write nothing'),
    ...limitFlags,
    ...classicFlags,
  }),
  cli: { path: 'init' },
  examples: ['init --title "Return 400 for invalid input"', 'init --prompt-file prompt.md --print'],
  run: async ({ app, out }, { file, force, print, ...args }) => {
    checkSource([], args);
    const isClassic = args.promptFile.length > 0;
    const { text, kind } = await (isClassic ? fromPrompts(app, args) : starter(app, args));
    if (print) {
      if (out.asJson) out.json({ task: text });
      else out.print(text.trimEnd());
      return 0;
    }
    app.files.writeText(file, text, { overwrite: force });
    out.print(`wrote ${file} (${kind})`);
    if (app.files.readText(app.modelsFile) === undefined) {
      app.files.writeText(app.modelsFile, app.prompt('starters/models.yaml'));
      out.print(`wrote ${app.modelsFile}, your model profiles; \`ralph doctor\` says which key is missing`);
    }
    if (app.files.repoRoot === undefined)
      out.error('ralph: this folder is in no git repository: set repo_url in the task file');
    const first = isClassic ? 'Look at it' : 'Fill in the places marked TODO:';
    out.print(`${first}, then: ralph lint && ralph run --backend local`);
    return 0;
  },
});

export const lint = defineCommand({
  id: 'task.lint',
  title: 'Check task files: each finding with its line, reason and fix',
  group: 'Run',
  args: z.object({
    tasks: z.array(z.string()).default(['ralph_task.md']).describe('task files').meta({ value: 'TASK_FILE' }),
  }),
  cli: { path: 'lint', positional: ['tasks'], variadic: true },
  examples: ['lint', 'lint tasks/*.md --json'],
  run: async ({ app, out }, { tasks }) => {
    const { lintTask } = await import('../domain/spec/lint.ts');
    let broken = false;
    for (const file of tasks) {
      const text = app.files.readText(file);
      if (text === undefined)
        throw new RalphError('usage', `there is no task file ${file}`, { hint: 'ralph init' });
      const { findings, task } = lintTask(text);
      broken ||= task === undefined;
      if (out.asJson) out.json({ file, ok: task !== undefined, findings });
      else {
        for (const f of findings) {
          out.print(`${file}:${f.line}: ${f.level}: ${f.message}`);
          out.print(`    fix: ${f.fix.replaceAll('\n', '\n         ')}`);
        }
        if (task) out.print(`${file}: ready (${task.boxes.length} boxes, ${findings.length} warning(s))`);
      }
    }
    return broken ? 2 : 0;
  },
});
