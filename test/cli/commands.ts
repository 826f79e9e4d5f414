import { z } from 'zod';
import { defineCommand, selector, type Command } from '../../src/commands/define.ts';

/** Small records with every kind of argument; each prints what it was given. */
const pause = defineCommand({
  id: 'run.pause',
  title: 'Pause after the current action',
  group: 'Steer',
  args: selector.extend({ reason: z.string().optional().describe('why') }),
  cli: { path: 'pause', positional: ['runs'], variadic: true },
  examples: ['pause --all --reason lunch'],
  run: ({ out }, args) => Promise.resolve(out.json(args)),
});
const note = defineCommand({
  id: 'run.note',
  title: 'Add a note',
  group: 'Steer',
  args: selector.extend({ text: z.string().describe('the note') }),
  cli: { path: 'note', positional: ['runs', 'text'], variadic: 'runs' },
  run: ({ out }, args) => Promise.resolve(out.json(args)),
});
const launch = defineCommand({
  id: 'fleet.launch',
  title: 'Launch a task',
  group: 'Run',
  args: z.object({
    task: z.string().default('ralph_task.md').describe('task file').meta({ value: 'TASK_FILE' }),
    backend: z.enum(['local', 'podman']).default('podman').describe('sandbox backend'),
    maxIterations: z.number().int().positive().optional().describe('limit'),
    label: z.array(z.string()).default([]).describe('a label'),
    push: z.boolean().default(true).describe('push the branch'),
    follow: z.boolean().default(false).describe('follow the log').meta({ short: 'f' }),
  }),
  cli: { path: 'launch', positional: ['task'] },
  run: ({ out }, args) => Promise.resolve(out.json(args)),
});
const stop = defineCommand({
  id: 'supervisor.stop',
  title: 'Stop the supervisor',
  group: 'Fleet',
  args: z.object({}),
  cli: { path: 'supervisor stop' },
  confirm: () => 'Stop it?',
  run: ({ out }) => Promise.resolve(out.print('stopped')),
});
const status = defineCommand({
  id: 'supervisor.status',
  title: 'Say what it does',
  group: 'Fleet',
  args: z.object({}),
  cli: { path: 'supervisor status' },
  disabledReason: () => 'no supervisor is running',
  run: () => Promise.resolve(3),
});
export const commands: readonly Command[] = [pause, note, launch, stop, status];
