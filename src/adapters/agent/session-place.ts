import { RalphError } from '../../domain/error.ts';
import { describeExit, succeeded } from '../../domain/exit.ts';
import { TAGGED } from '../../domain/tagged-processes.ts';
import type { ExecRequest, ExecResult, Sandbox } from '../../ports/sandbox.ts';

/** Linux caps one argument at 128 KiB; a request stays below what any backend refuses. */
const PART_BYTES = 72 * 1024;
const PARTS = 4;

/** Beside the clone, so that it goes with the sandbox; where nothing may be written but temporary files, there. $1 the sandbox's folder. */
const MAKE = `umask 077; rm -rf -- "$1"/.agent-??????
mktemp -d "$1/.agent-XXXXXX" 2>/dev/null || mktemp -d "\${TMPDIR:-/tmp}/ralph-agent-XXXXXX"`;

/** $1 the folder, then pairs of a path in it and base64 to append to that. */
const WRITE = `umask 077; cd -- "$1" || exit 1; shift
while [ $# -gt 1 ]; do
  mkdir -p -- "$(dirname -- "$1")" && printf %s "$2" | base64 -d >> "$1" || exit 1
  shift 2
done`;

/** Ends what carries the tag in its environment, then removes the folder. $1 the tag, $2 the folder. */
const END = `t=$1
${TAGGED}
each() { for p in $(tagged); do send "$1" "$p"; done; }
each TERM
for i in 1 2 3 4; do [ -n "$(tagged)" ] || break; sleep 0.1; done
for i in 1 2 3 4 5 6 7 8; do [ -n "$(tagged)" ] || break; each KILL; sleep 0.05; done
[ -z "$2" ] || rm -rf -- "$2"`;

const script = (text: string, ...args: readonly string[]): ExecRequest['argv'] => [
  'sh',
  '-c',
  text,
  'sh',
  ...args,
];

const must = (result: ExecResult, what: string): ExecResult => {
  if (succeeded(result.exit)) return result;
  const said = result.stderr.trim().slice(-1000);
  throw new RalphError(
    'sandbox.exec',
    `${what}: ${describeExit(result.exit)}${said === '' ? '' : `: ${said}`}`,
    {
      hint: 'Look at the sandbox with `ralph doctor`; the run can be resumed afterwards.',
    },
  );
};

function* partsOf(files: Readonly<Record<string, string>>): Generator<readonly [string, string]> {
  for (const [path, text] of Object.entries(files)) {
    const bytes = Buffer.from(text);
    for (let at = 0; at === 0 || at < bytes.length; at += PART_BYTES)
      yield [path, bytes.subarray(at, at + PART_BYTES).toString('base64')];
  }
}

/** A new folder for one session, readable by its user only; what an earlier one left is removed. */
export const makeSessionDir = async (box: Sandbox): Promise<string> => {
  const made = await box.exec({ argv: script(MAKE, box.workdir), cwd: box.workdir });
  return must(made, 'cannot make a folder for the agent').stdout.trim();
};

/** Puts files into the folder; paths are relative to it. */
export const writeSessionFiles = async (
  box: Sandbox,
  dir: string,
  files: Readonly<Record<string, string>>,
): Promise<void> => {
  let group: string[] = [];
  const write = async (): Promise<void> => {
    const result = await box.exec({ argv: script(WRITE, dir, ...group), cwd: box.workdir });
    must(result, "cannot write the agent's files");
    group = [];
  };
  for (const part of partsOf(files)) {
    group.push(...part);
    if (group.length >= 2 * PARTS) await write();
  }
  if (group.length > 0) await write();
};

/** Never throws: a sandbox that is gone has ended them too. `dir` may be empty. */
export const endSession = async (box: Sandbox, tag: string, dir: string): Promise<void> => {
  await box.exec({ argv: script(END, tag, dir), cwd: '/', timeoutMs: 20_000 }).catch(() => undefined);
};
