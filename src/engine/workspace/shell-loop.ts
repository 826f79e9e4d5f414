import type { ExecRequest } from '../../ports/sandbox.ts';
import { TAIL } from './output-tail.ts';

/**
 * What a shell that stays reads first from its standard input: `r ID CWD ARGV…` runs a program, `q` sets its
 * environment. All of it in pipes, so that nothing lies in a file that an agent could put a link in the place of, and
 * output without end fills neither disk nor memory: standard output goes out as base64 while it comes, of standard
 * error the end is kept (`tail` speaks only at the end, so the status stands before it).
 * $? is 128+n for a death by signal n and for `exit 128+n` alike; but then most shells say "Killed" or the like where
 * the program cannot write, and that tells `s` from `c`.
 */
const LOOP = `unset CDPATH OLDPWD; exec 3>&1 >/dev/null 2>&1; cd /
r() {
  i=$1; d=$2; shift 2
  printf 'begin %s\\n' "$i" >&3
  e=$( { { {
    m=$( exec 2>&1; ( cd -P -- "$d" || exit 127; unset PWD OLDPWD; q; exec "$@" ) </dev/null >&6 2>&5 3>&- 4>&- 5>&- 6>&-; printf ':%s' "$?" )
    case $m in :*) printf 'c%s;' "\${m#:}" ;; *) printf 's%s;' "\${m##*:}" ;; esac >&4
  } 6>&1 | base64 >&3 4>&- 5>&-; } 5>&1 | tail -c ${TAIL + 1}; } 4>&1; printf x )
  printf 'end %s %s\\n' "$i" "\${e%%;*}" >&3
  e=\${e#*;}; e=\${e%x}
  [ -z "$e" ] || printf %s "$e" | base64 >&3
  printf 'done %s\\n' "$i" >&3
}
`;

/** Shells that read standard input byte by byte take some 15 ms for so much; more is cheaper as arguments. */
const MOST_CHARS = 32 * 1024;
/** Names that `export` would refuse. */
const READ_ONLY = new Set(['BASHOPTS', 'BASH_VERSINFO', 'EUID', 'PPID', 'SHELLOPTS', 'UID']);

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A request as text for the loop, all or nothing: cut anywhere, it runs nothing. Undefined when it cannot go there. */
export const requestText = (id: string, request: ExecRequest, workdir: string): string | undefined => {
  const { argv, cwd = workdir, env = {} } = request;
  const names = Object.keys(env);
  if (!names.every((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !READ_ONLY.has(name))) return undefined;
  // `exec` would take it for an option.
  if (argv[0].startsWith('-') || argv[0] === '' || !cwd.startsWith('/')) return undefined;
  const set = names.map((name) => `${name}=${quote(env[name] ?? '')}`).join(' ');
  const text = `q() { ${set === '' ? ':' : `export ${set}`}; }\nr ${[id, cwd, ...argv].map(quote).join(' ')}\n`;
  return text.length > MOST_CHARS || text.includes('\0') ? undefined : text;
};

/** The loop, and a first request by which it shows that it works, and whether its shell tells of deaths by signal. */
export const greeting = (id: string): string =>
  `${LOOP}${requestText(id, { argv: ['sh', '-c', 'kill -s KILL $$'] }, '/')}`;
