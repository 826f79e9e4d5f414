import { RalphError, type ErrorCode } from '../../../domain/error.ts';
import type { Exit } from '../../../domain/exit.ts';
import { singleLine } from '../../../domain/terminal.ts';

const LONGEST_DETAIL = 400;

/** What went wrong, in classes that decide about a retry. */
export type FailureKind =
  | 'auth'
  | 'not-found'
  | 'no-ref'
  | 'network'
  | 'moved-url'
  | 'ownership'
  | 'shallow'
  | 'busy'
  | 'disk'
  | 'no-git'
  | 'timeout'
  | 'cancelled'
  | 'other';

interface Row {
  readonly kind: FailureKind;
  readonly seen: RegExp;
  readonly message: string;
  readonly hint: string;
}

// First match wins: SSH prints "Could not read from remote repository" after the true reason.
const rows: readonly Row[] = [
  {
    kind: 'ownership',
    seen: /dubious ownership/i,
    message: 'git refuses a repository that belongs to another user',
    hint: 'If you trust it: git config --global --add safe.directory PATH (git names the path below).',
  },
  {
    kind: 'auth',
    seen: /authentication failed|could not read (?:username|password)|terminal prompts disabled|permission denied \(|invalid (?:username or password|credentials)|returned error: 40[13]\b|host key verification failed|access denied/i,
    message: 'authentication failed',
    hint: 'Check the token or SSH key, and that it may read (and for a push: write) this repository.',
  },
  {
    kind: 'moved-url',
    seen: /returned error: 30\d\b|unable to update url base from redirection/i,
    message: 'the repository answers from another address',
    hint: 'Credentials are never sent along a redirect: set repo_url to the new address.',
  },
  {
    kind: 'no-ref',
    seen: /couldn't find remote ref|remote branch .* not found/i,
    message: 'no such branch on the remote',
    hint: 'Check base_branch in the task file.',
  },
  {
    kind: 'not-found',
    seen: /repository (?:'.*' )?not found|returned error: 404\b|does not appear to be a git repository|not a git repository|no such file or directory.*\.git|not valid: is this a git repository/i,
    message: 'not a git repository, or it is not visible with these credentials',
    hint: 'Check repo_url (a URL, or the path of a repository) and the access rights.',
  },
  {
    kind: 'shallow',
    seen: /shallow update not allowed|from a shallow repository/i,
    message: 'the repository is a shallow clone',
    hint: 'Run `git fetch --unshallow` there first, or use its remote as repo_url.',
  },
  {
    kind: 'disk',
    seen: /no space left on device|out of disk ?space|disk quota exceeded|read-only file system|couldn't write '/i,
    message: 'git cannot write',
    hint: 'Free some space, or choose another folder for the run (XDG_STATE_HOME).',
  },
  {
    kind: 'network',
    seen: /could not resolve|connection (?:refused|reset|timed out|closed)|operation timed out|couldn't connect|failed to connect|network is unreachable|no route to host|rpc failed|early eof|hung up unexpectedly|unexpected disconnect|empty reply|returned error: (?:5\d\d|408|429)\b|ssl|gnutls|certificate|unable to connect|could not read from remote/i,
    message: 'the remote could not be reached',
    hint: 'Check the network and the host name in repo_url, then try again.',
  },
  {
    kind: 'busy',
    seen: /\.lock': file exists|cannot lock ref|failed to update ref/i,
    message: 'a ref is locked',
    hint: 'Another process is at work on this repository, or one was killed; try again.',
  },
];

/** `user:password@` and tokens in addresses, as well as authorization headers, become `***`. */
export const withoutSecrets = (text: string): string =>
  text
    .replace(/(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@'"]{1,2000}@/gi, '$1***@')
    .replace(/(authorization:\s{0,4})[^\r\n'"]{1,4000}/gi, '$1***');

/** What git said last, in one safe line without secrets. */
export const lastWords = (stderr: string): string => {
  const lines = stderr
    .slice(-8000)
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('hint:'));
  const telling = lines.filter((line) => /^(?:fatal|error|remote|!)/i.test(line));
  return singleLine(
    withoutSecrets((telling.length > 0 ? telling : lines).slice(-3).join('; ')),
    LONGEST_DETAIL,
  );
};

/** The class of a failed git, from how it ended and what it said (in the C locale). */
export const failureKind = (result: { readonly exit: Exit; readonly stderr: string }): FailureKind => {
  if (result.exit.kind === 'timeout') return 'timeout';
  if (result.exit.kind === 'cancelled') return 'cancelled';
  if (result.exit.kind === 'code' && result.exit.code === 127) return 'no-git';
  return rows.find((row) => row.seen.test(result.stderr))?.kind ?? 'other';
};

const codes: Partial<Record<FailureKind, ErrorCode>> = { disk: 'disk', cancelled: 'cancelled' };
const special: Partial<Record<FailureKind, readonly [message: string, hint: string]>> = {
  timeout: ['git took too long and was stopped', 'Check the network, or whether git waits for a prompt.'],
  cancelled: ['cancelled', 'Start it again when you like.'],
  'no-git': ['git is not installed or not on the PATH', 'Install git 2.36 or newer.'],
};

/** A failed git as RalphError: what was tried, why it failed, what to do; without any secret. */
export const gitFailure = (
  result: { readonly exit: Exit; readonly stderr: string },
  doing: string,
): RalphError => {
  const kind = failureKind(result);
  const row = rows.find((one) => one.kind === kind);
  const [message, hint] = special[kind] ?? [row?.message, row?.hint];
  const said = lastWords(result.stderr);
  const ended = result.exit.kind === 'signal' ? `ended by ${result.exit.signal}` : '';
  const why = [message, said === '' ? ended : said].filter(Boolean).join(': ');
  return new RalphError(codes[kind] ?? 'git.failed', `${withoutSecrets(doing)}: ${why || 'failed'}`, {
    ...(hint !== undefined && { hint }),
  });
};
