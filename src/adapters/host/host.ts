import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RalphError } from '../../domain/error.ts';
import type { Host } from '../../ports/host.ts';
import { systemClock } from './clock.ts';
import { packageRoot, packageVersion } from './package-root.ts';

type Env = Readonly<Record<string, string | undefined>>;

// No vowels and no look-alikes: an id is read aloud and never spells a word.
const LETTERS = 'bcdfghjkmnpqrstvwxz23456789';
const ID_LENGTH = 6;
const SECRET_NAME = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|_PAT|_PEM)$/i;
const SHORTEST_SECRET = 8;

const newId = (): string =>
  Array.from({ length: ID_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');

/** Values of the environment that must never be written anywhere: what is called a key, token or password. */
export const secretsOf = (env: Env): readonly string[] =>
  Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && SECRET_NAME.test(name) && value.length >= SHORTEST_SECRET ? [value] : [],
  );

const texts = new Map<string, string>();

const prompt = (name: string): string => {
  const known = texts.get(name);
  if (known !== undefined) return known;
  const file = join(packageRoot(), 'prompts', name.includes('.') ? name : `${name}.md`);
  try {
    const text = readFileSync(file, 'utf8');
    texts.set(name, text);
    return text;
  } catch (cause) {
    throw new RalphError('bug', `the package has lost prompts/${name}`, { cause, hint: 'Install it again.' });
  }
};

/** `RALPH_FAILPOINT=after-done:3` kills the process the third time that it comes by there. For fault tests only. */
const createFailpoint = (env: Env): ((name: string) => void) => {
  const [wanted, times = '1'] = (env['RALPH_FAILPOINT'] ?? '').split(':');
  if (!wanted) return () => {};
  let left = Number(times);
  return (name) => {
    if (name !== wanted) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
};

/** The machine that the runner works on. */
export const createHost = (env: Env): Host => {
  const secrets = [...secretsOf(env)];
  return {
    clock: systemClock,
    newId,
    prompt,
    failpoint: createFailpoint(env),
    pid: process.pid,
    version: packageVersion(),
    secrets,
    learnSecrets: (values) => secrets.push(...values.filter((value) => !secrets.includes(value))),
  };
};
