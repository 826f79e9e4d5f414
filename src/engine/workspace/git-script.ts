import { RalphError } from '../../domain/error.ts';
import type { ExecRequest } from '../../ports/sandbox.ts';
import { script } from './exec-text.ts';

export interface Identity {
  readonly name: string;
  readonly email: string;
}
export const ralph: Identity = { name: 'Ralph', email: 'ralph@localhost' };

/** For the calls that must read the clone's own `.git`: every key by which its config could run code (reliability.md). */
const settings = [
  'core.quotepath=off',
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.untrackedCache=false',
  'core.splitIndex=false',
  'core.attributesFile=/dev/null',
  'core.excludesFile=/dev/null',
  'core.pager=cat',
  'core.editor=false',
  'core.sshCommand=false',
  'core.askPass=false',
  'core.alternateRefsCommand=true',
  'core.logAllRefUpdates=false',
  'commit.gpgsign=false',
  'tag.gpgsign=false',
  'gpg.program=false',
  'diff.external=',
  'diff.ignoreSubmodules=all',
  'credential.helper=',
  'protocol.allow=never',
  'submodule.recurse=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'safe.directory=*',
] as const;

const environment = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_ADVICE: '0',
  LC_ALL: 'C',
} as const;

/** `raw` is git on the clone's own `.git`, which has to be a real folder; exit 70 says that it is not. */
const RAW = `dir=$1; shift
[ -d "$dir/.git" ] && [ ! -L "$dir/.git" ] || { echo "there is no .git folder" >&2; exit 70; }
raw() { git ${settings.map((one) => `-c ${one}`).join(' ')} --git-dir="$dir/.git" --work-tree="$dir" "$@"; }
`;

/** A git folder of our own in `$v`, with none of the clone's config, hooks, attributes or excludes. */
const FOLDER = `${RAW}v=$(mktemp -d "\${TMPDIR:-/tmp}/ralph-view-XXXXXX") || exit 71
trap 'rm -rf -- "$v"' EXIT
trap 'exit 143' TERM INT HUP
mkdir "$v/objects" "$v/refs" || exit 71
printf 'ref: refs/heads/none\\n' > "$v/HEAD"
printf '[core]\\nrepositoryformatversion=0\\nbare=false\\nfilemode=%s\\nignorecase=%s\\nquotepath=off\\n[diff]\\nignoreSubmodules=all\\n[gc]\\nauto=0\\n' \\
  "$(raw config --bool core.filemode || echo true)" "$(raw config --bool core.ignorecase || echo false)" > "$v/config"
mkdir "$v/info" && x="$dir/.git/ralph-exclude" && [ -f "$x" ] && [ ! -L "$x" ] && head -c 100000 "$x" > "$v/info/exclude"
`;

/**
 * `view` is git on a git folder of our own that shares objects and index with the clone, and none of its config,
 * hooks, attributes or excludes: filters, textconv, fsmonitor and the like are simply not there.
 */
const VIEW = `${FOLDER}rm -f -- "$dir/.git/index.lock"
view() { GIT_OBJECT_DIRECTORY="$dir/.git/objects" GIT_INDEX_FILE="$dir/.git/index" git --git-dir="$v" --work-tree="$dir" "$@"; }
cd -- "$dir" || exit 70
`;

/** The same on a copy of the index, with objects of its own: for looking while somebody works in the clone. */
const LOOK = `${FOLDER}mkdir "$v/objects/info" && printf '%s\\n' "$dir/.git/objects" > "$v/objects/info/alternates" || exit 71
i="$dir/.git/index"; [ ! -f "$i" ] || [ -L "$i" ] || cp -p -- "$i" "$v/index"
view() { GIT_INDEX_FILE="$v/index" git --git-dir="$v" --work-tree="$dir" "$@"; }
cd -- "$dir" || exit 70
`;

const request = (text: string, dir: string, args: readonly string[]): ExecRequest => ({
  argv: script(text, dir, ...args),
  cwd: '/',
  env: environment,
  timeoutMs: 300_000,
  short: true,
});

/** A script that has `raw` and `$dir`; `args` are its `$1`…. */
export const rawScript = (text: string, dir: string, args: readonly string[]): ExecRequest =>
  request(`${RAW}${text}`, dir, args);

/** A script that has `raw`, `view` and `$dir`, and stands in the work tree; `args` are its `$1`…. */
export const viewScript = (text: string, dir: string, args: readonly string[]): ExecRequest =>
  request(`${VIEW}${text}`, dir, args);

/** Like `viewScript`, but it changes nothing in the clone, not even a lock that was left there. */
export const lookScript = (text: string, dir: string, args: readonly string[]): ExecRequest =>
  request(`${LOOK}${text}`, dir, args);

/** The same with an identity, so that commits work where none is configured. */
export const withIdentity = (one: ExecRequest, { name, email }: Identity): ExecRequest => ({
  ...one,
  env: {
    ...one.env,
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
  },
});

/** Throws RalphError `bug`: a name that git could take for something else must never reach a script. */
export const checkedSha = (sha: string): string => {
  if (/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(sha)) return sha;
  throw new RalphError('bug', `not a commit id: ${JSON.stringify(sha.slice(0, 80))}`);
};
export const checkedBranch = (branch: string): string => {
  if (/^[A-Za-z0-9_][A-Za-z0-9._/+#@=-]*$/.test(branch) && !branch.includes('..')) return branch;
  throw new RalphError('bug', `not a branch name: ${JSON.stringify(branch.slice(0, 80))}`);
};
/** A commit message that fits into an argument. */
export const checkedMessage = (message: string): string => {
  const text = message.replaceAll('\0', '').slice(0, 20_000);
  return text.trim() === '' ? 'Work in progress' : text;
};
