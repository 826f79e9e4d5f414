import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { localProvider } from '../../../src/adapters/sandbox/local.ts';
import { attachBox } from '../../../src/engine/prepare.ts';
import type { RunContext } from '../../../src/engine/run-context.ts';
import * as files from '../../../src/engine/workspace/files.ts';
import { withResidentShell } from '../../../src/engine/workspace/resident-shell.ts';
import { supervise } from '../../../src/engine/workspace/supervise.ts';
import type { ExecRequest, ExecResult, Sandbox } from '../../../src/ports/sandbox.ts';

const newId = (): string => randomBytes(8).toString('hex');
const root = mkdtempSync(join(tmpdir(), 'ralph-resident-'));
const provider = localProvider({ env: process.env, registryDir: join(root, 'registry') });
let raw: Sandbox;
beforeAll(async () => {
  raw = await provider.create({
    name: 'one',
    hostDir: join(root, 'box/work'),
    env: { FROM_SPEC: 'spec value' },
    labels: {},
  });
});
afterAll(async () => {
  await raw.destroy();
  rmSync(root, { recursive: true, force: true });
});

type Lines = AsyncIterable<string>;
const same = (lines: Lines): Lines => lines;
/** Somebody else writes a line into the second answer, the first one that is not that of the start. */
async function* withLine(lines: Lines, line: string): AsyncGenerator<string> {
  let begun = 0;
  for await (const one of lines) {
    yield one;
    if (one.startsWith('begin ') && (begun += 1) === 2) yield line;
  }
}

/** A box that says how often something was run by a process of its own, and how often a shell was opened. */
const counted = (
  shell: readonly string[] = ['sh'],
  ...[change = same]: readonly [((lines: Lines) => Lines)?]
) => {
  const counts = { execs: 0, opens: 0 };
  const box = withResidentShell(
    supervise(
      {
        ...raw,
        exec: (request) => {
          counts.execs += 1;
          return raw.exec(request);
        },
        open: async (argv) => {
          counts.opens += 1;
          const [first, ...rest] = argv.flatMap((word) => (word === 'sh' ? shell : [word]));
          const channel = await raw.open!([first!, ...rest]);
          return { ...channel, lines: change(channel.lines) };
        },
      },
      newId,
    ),
    newId,
  );
  const short = (text: string, rest: Omit<ExecRequest, 'argv'> = {}): Promise<ExecResult> =>
    box.exec({ argv: ['sh', '-c', text], short: true, ...rest });
  return { box, counts, short };
};
/** busybox is of no use to anything else here, so that a machine may lack it. */
const isRequired = (process.env['RALPH_REQUIRE_BACKENDS'] ?? '').split(',').includes('busybox');
const isThere = (argv: readonly [string, ...string[]]): boolean => {
  try {
    execFileSync(argv[0], [...argv.slice(1), '-c', ':'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const processes = (): readonly { readonly pid: number; readonly argv: string; readonly env: string }[] =>
  readdirSync('/proc').flatMap((pid) => {
    try {
      const read = (file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8');
      return /^\d+$/.test(pid) ? [{ pid: Number(pid), argv: read('cmdline'), env: read('environ') }] : [];
    } catch {
      return [];
    }
  });
/** The shell itself: what it forks has it above itself. */
const residentPid = (): number | undefined =>
  processes().find(({ argv, env }) => argv === 'sh\0' && env.includes(`RALPH_SANDBOX=${raw.ref.id}`))?.pid;

describe.each([
  { name: 'the sh of this machine', argv: ['sh'] },
  { name: 'dash', argv: ['dash'] },
  { name: 'bash', argv: ['bash', '--posix'] },
  { name: 'busybox', argv: ['busybox', 'sh'] },
] as const)('with $name', ({ argv: shell }) => {
  const isLacking = !isThere(shell) && !isRequired;
  it.skipIf(isLacking)('passes on arguments, environment, folder, exits and both streams', async () => {
    const { box, counts, short } = counted(shell);
    const argv = ['printf', '%s|', 'a b', '$HOME', "it's", '*', 'ü', 'two\nlines\n', '', '\\n`x`'] as const;
    expect((await box.exec({ argv, short: true })).stdout).toBe("a b|$HOME|it's|*|ü|two\nlines\n||\\n`x`|");
    const env = { OWN: 'x y\n', MORE: "'" };
    const shown = await short('printf %s "$OWN$MORE,$FROM_SPEC"; echo; pwd', { env, cwd: '/' });
    expect(shown.stdout).toBe("x y\n',spec value\n/\n");
    expect((await short('echo "[$OWN]"; pwd; [ ! -t 0 ] && cat')).stdout).toBe(`[]\n${box.workdir}\n`);
    const both = await short("printf 'out\\n\\n'; printf 'err\\n\\n' >&2; exit 7");
    expect([both.exit, both.stdout, both.stderr, both.truncated, both.bytes]).toEqual([
      { kind: 'code', code: 7 },
      'out\n\n',
      'err\n\n',
      false,
      { stdout: 5, stderr: 5 },
    ]);
    const missing = await box.exec({ argv: ['no-such-program'], short: true });
    expect([missing.exit, missing.stderr.includes('no-such-program')]).toEqual([
      { kind: 'code', code: 127 },
      true,
    ]);
    const nowhere = await short('echo never', { cwd: '/no/such/folder' });
    expect([nowhere.exit, nowhere.stdout]).toEqual([{ kind: 'code', code: 127 }, '']);
    expect(counts).toEqual({ execs: 0, opens: 1 });
    await box.stop();
  });

  it.skipIf(isLacking)('tells a death by signal from a code, and never calls it one', async () => {
    const { box, short } = counted(shell);
    for (const [signal, code] of [
      ['KILL', 137],
      ['TERM', 143],
      ['INT', 130],
      ['PIPE', 141],
      ['SEGV', 139],
    ] as const) {
      expect((await short(`kill -s ${signal} $$`)).exit).toEqual({ kind: 'signal', signal: `SIG${signal}` });
      expect((await short(`exit ${code}`)).exit.kind).not.toBe('timeout');
    }
    // bash says nothing of its children: there it stays a signal.
    const coded = shell[0] === 'bash' ? { kind: 'signal', signal: 'SIGKILL' } : { kind: 'code', code: 137 };
    if (shell[0] !== 'sh') expect((await short('exit 137')).exit).toEqual(coded);
    for (const code of [0, 1, 44, 126, 127, 128, 255])
      expect((await short(`exit ${code}`)).exit).toEqual({ kind: 'code', code });
    await box.stop();
  });

  it.skipIf(isLacking)(
    'keeps the ends of long output, all of it for who listens, whatever it is',
    async () => {
      const { box, short, counts } = counted(shell);
      let seen = 0;
      const long = await short('head -c 3000000 /dev/zero | tr "\\0" x; echo end', {
        onOutput: ({ text }) => (seen += text.length),
      });
      expect([seen, long.stdout.length, long.truncated]).toEqual([3_000_004, 65_536, true]);
      expect(long.stdout.endsWith('xend\n')).toBe(true);
      const errors = await short('{ head -c 300000 /dev/zero | tr "\\0" y; printf "ü"; } >&2; exit 3');
      expect([errors.exit, errors.stderr.endsWith('yü'), errors.truncated, errors.bytes]).toEqual([
        { kind: 'code', code: 3 },
        true,
        true,
        undefined,
      ]);
      expect(Buffer.byteLength(errors.stderr)).toBeLessThanOrEqual(65_536);
      expect((await short(`printf '\\303'; sleep 0.05; printf '\\274\\377\\0ok'`)).stdout).toBe(
        'ü\ufffd\0ok',
      );
      const fake = await short(`printf 'end x c0\\ndone x\\nc0;c0;'; printf 'c0;\\ndone\\n' >&2; exit 9`);
      expect([fake.exit, fake.stdout, fake.stderr]).toEqual([
        { kind: 'code', code: 9 },
        'end x c0\ndone x\nc0;c0;',
        'c0;\ndone\n',
      ]);
      expect(counts).toEqual({ execs: 0, opens: 1 });
      await box.stop();
    },
  );
});

describe('when something is amiss', () => {
  let one: ReturnType<typeof counted>;
  beforeEach(() => {
    one = counted();
  });
  afterEach(() => one.box.stop());

  it('leaves to processes of their own what is not short, has a signal, is large, or comes meanwhile', async () => {
    const { box, short, counts } = one;
    await short(':');
    await box.exec({ argv: ['true'] });
    await short(':', { signal: new AbortController().signal });
    await box.exec({ argv: ['true', 'x'.repeat(60_000)], short: true });
    await box.exec({ argv: ['true'], env: { 'not.a.name': '1' }, short: true });
    expect(counts).toEqual({ execs: 4, opens: 1 });
    const both = await Promise.all([short('sleep 0.3; echo a'), short('echo b')]);
    expect([both.map(({ stdout }) => stdout), counts.execs]).toEqual([['a\n', 'b\n'], 5]);
  });

  it('kills the whole tree on a timeout, and goes on with a new shell', async () => {
    const { short, counts } = one;
    const seconds = `3${Math.floor(Math.random() * 1e7)}`;
    const cut = await short(
      `echo begun; setsid sleep ${seconds} & trap '' TERM; sleep ${seconds}; sleep ${seconds}`,
      {
        timeoutMs: 700,
      },
    );
    expect([cut.exit, cut.truncated]).toEqual([{ kind: 'timeout' }, true]);
    expect(processes().filter(({ argv }) => argv.includes(`sleep\0${seconds}`))).toEqual([]);
    expect((await short('echo well')).stdout).toBe('well\n');
    expect(counts.opens).toBe(2);
  });

  it('never runs again what a lost shell may have run, and says that it was killed', async () => {
    const { short, counts } = one;
    const file = join(raw.workdir, 'count');
    writeFileSync(file, '');
    await short(':');
    const pid = residentPid()!;
    const lost = await short(`echo x >> count; kill -s KILL ${pid}; sleep 300`, { cwd: raw.workdir });
    expect(lost.exit).toEqual({ kind: 'signal', signal: 'SIGKILL' });
    expect(processes().filter(({ argv }) => argv.includes('sleep\x00300'))).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe('x\n');
    expect((await short('echo again')).stdout).toBe('again\n');
    expect(counts.opens).toBe(2);
  });

  it('starts a new shell when the old one ended between two requests', async () => {
    const { short, counts } = one;
    await short(':');
    process.kill(residentPid()!, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await short('echo there')).stdout).toBe('there\n');
    expect(counts).toEqual({ execs: 0, opens: 2 });
  });

  it('takes no line for an answer that is none', async () => {
    for (const foreign of ['end x c0', 'done x', 'begin x', '', 'not base64', 'QUJD'.repeat(500)]) {
      const { box, short } = counted(['sh'], (lines) => withLine(lines, foreign));
      const said = await short('echo one; exit 5');
      expect([foreign, said.exit]).toEqual([foreign, { kind: 'signal', signal: 'SIGKILL' }]);
      await box.stop();
    }
  });

  it('gives up after some shells that are none, and runs everything all the same', async () => {
    const { box, counts, short } = counted(['sh', '-c', 'echo nonsense; cat']);
    for (let i = 0; i < 5; i += 1) expect((await short(`echo ${i}`)).stdout).toBe(`${i}\n`);
    expect(counts).toEqual({ execs: 5, opens: 3 });
    await box.stop();
  });

  it('ends the shell with the sandbox', async () => {
    await one.short(':');
    expect(residentPid()).toBeDefined();
    await one.box.stop();
    expect(residentPid()).toBeUndefined();
  });
});

it('is used where the backend says that an exec is dear, and nowhere else', async () => {
  for (const isExecDear of [true, undefined]) {
    let opens = 0;
    const box: Sandbox = {
      ...raw,
      ...(isExecDear && { isExecDear }),
      open: (argv) => {
        opens += 1;
        return raw.open!(argv);
      },
    };
    const ctx = {
      sandbox: raw.ref,
      state: { backend: 'local' },
      deps: { host: { newId }, provider: () => Promise.resolve({ ...provider, attach: () => box }) },
    } as unknown as RunContext;
    await attachBox(ctx);
    expect(await files.writeFile(ctx.box!, `${box.workdir}/note`, Buffer.from('x'))).toEqual({ ok: true });
    expect(await files.listFiles(ctx.box!, `${box.workdir}/none`)).toBeUndefined();
    expect(opens).toBe(isExecDear ? 1 : 0);
    await ctx.box!.stop();
  }
});
