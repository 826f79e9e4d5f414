import { quoteForOutput } from './finding.ts';
import type { Finding } from './finding.ts';
import type { Frontmatter } from './frontmatter.ts';

/** Stands at the beginning of what a starter file leaves to be filled in. */
export const TODO_MARKER = 'TODO:';

/** Whether a box text or a command still is a starter's. */
export const isUnfilled = (text: string): boolean => text.trimStart().startsWith(TODO_MARKER);

const NO_OP = /^(?:true|:|exit(?: 0)?|\/bin\/true|(?:echo|printf)(?:\s.*)?)$/s;

/** Whether a shell command exits 0 whatever the code does: `true`, `echo ok`, `npm test || true`. */
export const alwaysPasses = (command: string): boolean => {
  const parts = command
    .trim()
    .replace(/;$/, '')
    .split(/(&&|\|\||;|\n)/);
  const isNoOp = (index: number): boolean => NO_OP.test(parts[index]!.trim());
  const last = parts.length - 1;
  if (isNoOp(last) && last > 0 && parts[last - 1] !== '&&') return true;
  return parts.every((_part, index) => index % 2 === 1 || isNoOp(index));
};

interface Place {
  readonly path: readonly (string | number)[];
  readonly command: string;
}

const commandsIn = (data: Readonly<Record<string, unknown>>): Place[] => {
  const places: Place[] = [];
  for (const key of ['test_command', 'verify_commands', 'setup_commands', 'debug_commands']) {
    const value = Object.hasOwn(data, key) ? data[key] : undefined;
    if (typeof value === 'string') places.push({ path: [key], command: value });
    if (typeof value !== 'object' || value === null) continue;
    const listed = Array.isArray(value);
    for (const [name, item] of Object.entries(value as Readonly<Record<string, unknown>>)) {
      if (typeof item === 'string') places.push({ path: [key, listed ? Number(name) : name], command: item });
    }
  }
  return places;
};

/** Says which commands of the front matter are not filled in yet or cannot fail. */
export const lintCommands = (front: Frontmatter): Finding[] =>
  commandsIn(front.data).flatMap(({ path, command }): Finding[] => {
    const key = quoteForOutput(path.join('.'));
    const at = () => ({ line: front.lineOf(path), key });
    const written = (value: string): string => (path.length === 1 ? `${key}: "${value}"` : `- "${value}"`);
    if (isUnfilled(command)) {
      const message = `${key} is not filled in yet`;
      return [{ ...at(), level: 'error', code: 'command.todo', message, fix: written('npm test') }];
    }
    const gate = path[0] === 'test_command' || path[0] === 'verify_commands';
    if (!gate || command.trim() === '' || !alwaysPasses(command)) return [];
    const message = `${key} exits 0 whatever the code does: it verifies nothing`;
    return [{ ...at(), level: 'warning', code: 'command.no-op', message, fix: written('npm test') }];
  });
