import { RalphError } from './error.ts';

const MAX_ENTRIES = 200;
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
/** What ralph or the engine sets itself, and what would load code into every process. */
const RESERVED = /^(?:HOME|PATH|TERM|LD_PRELOAD|LD_LIBRARY_PATH|NODE_OPTIONS|RALPH_SANDBOX)$/;

const SECRET_NAME = /(?:KEY|TOKEN|SECRET|PASS|PASSWORD|PASSWD|PWD|AUTH|DSN|CREDENTIALS?|PAT|PEM)$/i;
/** Words, switches, numbers and plain addresses: to take those out of every log would only hide the log. */
const PLAIN =
  /^(?:[A-Za-z]{1,20}|\d{1,8}(?:\.\d{1,8}){0,3}|https?:\/\/[A-Za-z0-9.-]{1,253}(?::\d{1,5})?\/?)$/;

/** `values` in the order of the file; `secrets`: those of them that must never be written. */
export interface EnvFile {
  readonly values: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/** Of one line, with a hint; never with a word of its value, which may be the secret. */
interface Problem {
  readonly problem: string;
  readonly hint: string;
}

const entryOf = (text: string): readonly [string, string] | Problem => {
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  const value = at < 0 ? '' : text.slice(at + 1);
  if (at < 0 || !NAME.test(name))
    return { problem: 'not NAME=value', hint: 'no spaces around =, no `export`, one variable a line' };
  if (RESERVED.test(name)) return { problem: `${name} cannot be set for a sandbox`, hint: 'leave it out' };
  if (/^\s|\s$/.test(value))
    return { problem: `${name} begins or ends with a space`, hint: 'write NAME=value' };
  if (/^(["']).*\1$/.test(value))
    return {
      problem: `${name} is in quotes, which would be a part of it`,
      hint: 'write NAME=value without them',
    };
  if (/\p{Cc}/u.test(value)) return { problem: `${name} holds a control character`, hint: 'take it out' };
  return [name, value];
};

const isProblem = (entry: readonly [string, string] | Problem): entry is Problem => 'problem' in entry;

/** Reads `NAME=value` lines and `#` comments as Podman and Docker do, but refuses what they would take literally. Throws `config` without a word of a value. */
export const parseEnvFile = (text: string, file: string): EnvFile => {
  const values = new Map<string, string>();
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    if (raw.trim() === '' || raw.startsWith('#')) continue;
    const fail = ({ problem, hint }: Problem): RalphError =>
      new RalphError('config', `${file}, line ${index + 1}: ${problem}`, { hint });
    const entry = entryOf(raw);
    if (isProblem(entry)) throw fail(entry);
    if (values.has(entry[0]))
      throw fail({ problem: `${entry[0]} stands here twice`, hint: 'keep one of them' });
    values.set(...entry);
    if (values.size > MAX_ENTRIES)
      throw fail({ problem: `more than ${MAX_ENTRIES} variables`, hint: 'take some out' });
  }
  const secrets = [...values].flatMap(([name, value]) =>
    SECRET_NAME.test(name) || !PLAIN.test(value) ? [value] : [],
  );
  return { values: Object.fromEntries(values), secrets };
};
