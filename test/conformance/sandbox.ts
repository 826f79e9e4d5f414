import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { materialise } from '../../src/engine/workspace/clone.ts';
import * as files from '../../src/engine/workspace/files.ts';
import * as git from '../../src/engine/workspace/git.ts';
import * as stateDir from '../../src/engine/workspace/state-dir.ts';
import { withResidentShell } from '../../src/engine/workspace/resident-shell.ts';
import { supervise } from '../../src/engine/workspace/supervise.ts';
import type { ExecRequest, Sandbox, SandboxProvider, SandboxSpec } from '../../src/ports/sandbox.ts';
import { sourceRepo, type SourceRepo } from '../fixtures/source-repo.ts';

const newId = (): string => randomBytes(6).toString('hex');
const run = promisify(execFile);

export interface ConformanceOptions {
  readonly provider: SandboxProvider;
  /** A Node program that attaches to the reference in its argv and prints the text of the file `note` there. */
  readonly attachProgram?: string;
  readonly stripped?: boolean;
  /** What the backend needs beside the rest: its image. */
  readonly spec?: Pick<SandboxSpec, 'image'>;
  /** Stands in the suite's name where the provider's id does not say it all. */
  readonly title?: string;
  /** The little file and git calls go through a shell that stays in the sandbox. */
  readonly resident?: boolean;
}

const strip = (box: Sandbox): Sandbox => ({
  ref: box.ref,
  workdir: box.workdir,
  // Not a fast path: without it a run has no way out, and says so.
  ...(box.gateDir !== undefined && { gateDir: box.gateDir }),
  exec: box.exec,
  stop: box.stop,
  destroy: box.destroy,
});

/** A backend with nothing that it need not have. */
export const stripProvider = (provider: SandboxProvider): SandboxProvider => ({
  id: provider.id,
  traits: provider.traits,
  check: provider.check,
  create: async (...spec) => strip(await provider.create(...spec)),
  attach: async (ref) => {
    const box = await provider.attach(ref);
    return box && strip(box);
  },
  list: provider.list,
});

/** What every backend must do; `stripped` runs it without the optional members. */
export const sandboxConformance = (options: ConformanceOptions): void => {
  const { provider, attachProgram, stripped, resident, title = provider.id } = options;
  const how = `${stripped ? ', optional members stripped' : ''}${resident ? ', through a resident shell' : ''}`;
  describe(`sandbox ${title}${how}`, () => {
    const root = mkdtempSync(join(tmpdir(), 'ralph-conformance-'));
    const label = newId();
    let source: SourceRepo;
    let raw: Sandbox;
    let box: Sandbox;
    const spec = (name: string) => ({
      name,
      hostDir: join(root, name, 'box'),
      env: { FROM_SPEC: 'spec value' },
      labels: { 'ralph.test': label, name },
      ...options.spec,
    });
    beforeAll(async () => {
      source = await sourceRepo();
      raw = await provider.create(spec('main'));
      const supervised = supervise(stripped ? strip(raw) : raw, newId);
      box = resident ? withResidentShell(supervised, newId) : supervised;
    });
    afterAll(async () => {
      // Also what a test that failed has left.
      for (const ref of await provider.list({ 'ralph.test': label }))
        await (await provider.attach(ref))?.destroy();
      await raw.destroy();
      await source.remove();
      rmSync(root, { recursive: true, force: true });
    });
    const sh = (text: string, rest: Omit<ExecRequest, 'argv'> = {}) =>
      box.exec({ argv: ['sh', '-c', text], ...rest });
    const count = (marker: string): string =>
      `for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $f 2>/dev/null; echo; done | grep -c '^sleep ${marker}'`;
    const alive = async (marker: string): Promise<string> => (await sh(count(marker))).stdout.trim();

    it('reports exits, both streams and a missing program as values', async () => {
      const one = await sh('echo out; echo err >&2; exit 7');
      expect([one.exit, one.stdout, one.stderr]).toEqual([{ kind: 'code', code: 7 }, 'out\n', 'err\n']);
      const missing = await box.exec({ argv: ['no-such-program'], timeoutMs: 20_000 });
      expect(missing.exit).toEqual({ kind: 'code', code: 127 });
      expect(missing.stderr).toContain('no-such-program');
    });
    it('never reports a killed process as success', async () => {
      for (const rest of [{}, { timeoutMs: 20_000 }]) {
        const { exit } = await sh('kill -9 $$', rest);
        expect(exit.kind === 'code' ? exit.code > 128 : exit.kind === 'signal').toBe(true);
      }
    });
    it('passes arguments, environment and folder on as they are', async () => {
      const argv = ['printf', '%s|', 'a b', '$HOME', "it's", '*', 'ü'] as const;
      expect((await box.exec({ argv, timeoutMs: 20_000 })).stdout).toBe("a b|$HOME|it's|*|ü|");
      const env = { OWN: 'x y' };
      const { stdout } = await sh('echo "$OWN,$FROM_SPEC"; pwd', { env, cwd: '/', timeoutMs: 20_000 });
      expect(stdout).toBe('x y,spec value\n/\n');
      expect((await sh('pwd')).stdout.trim()).toBe(box.workdir);
    });
    it('kills the whole tree on a timeout, also what made a session of its own or cleared its environment', async () => {
      const marker = `4${Math.floor(Math.random() * 1e8)}`;
      const text = `setsid sleep ${marker} & (trap '' TERM; sleep ${marker}) & env -i sleep ${marker} & echo begun; sleep ${marker}`;
      const { exit, stdout } = await sh(text, { timeoutMs: 1_000 });
      expect([exit, stdout]).toEqual([{ kind: 'timeout' }, 'begun\n']);
      expect(await alive(marker)).toBe('0');
    });
    it('kills the whole tree on an abort, and starts nothing once aborted', async () => {
      const stop = new AbortController();
      const marker = `4${Math.floor(Math.random() * 1e8)}`;
      const { exit } = await sh(`setsid sleep ${marker} & echo go; wait`, {
        signal: stop.signal,
        onOutput: () => stop.abort(),
      });
      expect(exit).toEqual({ kind: 'cancelled' });
      expect(await alive(marker)).toBe('0');
      expect((await sh('touch never', { signal: stop.signal })).exit).toEqual({ kind: 'cancelled' });
      expect((await sh('test -e never')).exit).toEqual({ kind: 'code', code: 1 });
    });
    it('does not wait for a grandchild that keeps the output open', async () => {
      const began = Date.now();
      const { exit, stdout } = await sh('sleep 600 & echo $!', { timeoutMs: 50_000 });
      expect(exit).toEqual({ kind: 'code', code: 0 });
      expect(Date.now() - began).toBeLessThan(20_000);
      expect((await sh(`kill ${stdout.trim()}`)).exit).toEqual({ kind: 'code', code: 0 });
    });
    it('shows output while the process runs', async () => {
      const go = join(box.workdir, 'go');
      const { exit } = await sh(`echo first; until [ -e '${go}' ]; do sleep 0.05; done`, {
        timeoutMs: 30_000,
        onOutput: () => void files.writeFile(box, go, Buffer.from('x')),
      });
      expect(exit).toEqual({ kind: 'code', code: 0 });
    });
    it('streams 300 MB in one line with flat memory and a bounded tail', async () => {
      let seen = 0;
      let peak = 0;
      const before = process.memoryUsage.rss();
      const result = await sh(`head -c 300000000 /dev/zero | tr '\\0' x; echo end`, {
        timeoutMs: 300_000,
        onOutput: ({ text }) => {
          seen += text.length;
          peak = Math.max(peak, process.memoryUsage.rss());
        },
      });
      expect([seen, result.truncated, result.exit]).toEqual([300_000_004, true, { kind: 'code', code: 0 }]);
      expect(result.stdout.length).toBe(64 * 1024);
      expect(result.stdout.endsWith('xend\n')).toBe(true);
      expect(peak - before).toBeLessThan(120e6);
    });
    it('keeps characters whole and marks what is not UTF-8', async () => {
      const { stdout } = await sh(`printf '\\303'; sleep 0.2; printf '\\274'; printf '\\377ok'`);
      expect(stdout).toBe('ü\ufffdok');
    });
    it('is found by its labels and attached to, also from another process', async () => {
      expect(await provider.list({ 'ralph.test': label })).toEqual([raw.ref]);
      expect(await provider.list({ 'ralph.test': 'other' })).toEqual([]);
      await files.writeFile(box, `${box.workdir}/note`, Buffer.from('from here'));
      const again = await provider.attach(JSON.parse(JSON.stringify(raw.ref)));
      expect((await again?.exec({ argv: ['sh', '-c', 'cat note; echo "$FROM_SPEC"'] }))?.stdout).toBe(
        'from herespec value\n',
      );
      if (attachProgram === undefined) return;
      const { stdout } = await run(process.execPath, [attachProgram, JSON.stringify(raw.ref)]);
      expect(stdout).toBe('from here');
    });
    it('keeps two sandboxes apart, and destroys one twice', async () => {
      const [a, b] = await Promise.all([provider.create(spec('one')), provider.create(spec('two'))]);
      await Promise.all(
        [a, b].map((one, at) =>
          one.exec({ argv: ['sh', '-c', `echo ${at} > mine; setsid sleep 600 >/dev/null 2>&1 &`] }),
        ),
      );
      expect((await b.exec({ argv: ['cat', 'mine'] })).stdout).toBe('1\n');
      await a.destroy();
      await a.destroy();
      expect(await provider.attach(a.ref)).toBeUndefined();
      await expect(a.exec({ argv: ['true'] })).rejects.toMatchObject({ code: 'sandbox.unavailable' });
      expect((await b.exec({ argv: ['cat', 'mine'] })).stdout).toBe('1\n');
      await b.destroy();
    });
    it('runs several commands at once, each with its own streams and end', async () => {
      const all = await Promise.all([3, 4, 5, 6].map((code) => sh(`sleep 0.2; echo ${code}; exit ${code}`)));
      expect(all.map(({ exit, stdout }) => [exit, stdout])).toEqual(
        [3, 4, 5, 6].map((code) => [{ kind: 'code', code }, `${code}\n`]),
      );
    });
    it('ends what runs when it is stopped, and goes on with its files when it is attached to again', async () => {
      const one = await provider.create(spec('stopped'));
      const marker = `4${Math.floor(Math.random() * 1e8)}`;
      await one.exec({
        argv: ['sh', '-c', `echo kept > note; echo home > ~/note; setsid sleep ${marker} >/dev/null 2>&1 &`],
      });
      await one.stop();
      await one.stop();
      expect(await provider.list({ 'ralph.test': label, name: 'stopped' })).toEqual([one.ref]);
      const again = await provider.attach(one.ref);
      const look = `cat note ~/note; echo "$FROM_SPEC"; ${count(marker)}`;
      const { stdout } = await again!.exec({ argv: ['sh', '-c', look] });
      expect(stdout).toBe('kept\nhome\nspec value\n0\n');
      await again!.destroy();
      expect(await provider.list({ 'ralph.test': label, name: 'stopped' })).toEqual([]);
    });
    it('carries large and binary files both ways, with modes and appends', async () => {
      const bytes = randomBytes(1_500_000);
      const path = `${box.workdir}/a b/ü.bin`;
      expect(await files.writeFile(box, path, bytes, { mode: 0o750 })).toEqual({ ok: true });
      expect(await files.writeFile(box, path, Buffer.from([0, 255]), { append: true })).toEqual({ ok: true });
      const back = await files.readFile(box, path);
      expect(back.kind === 'ok' && Buffer.concat([bytes, Buffer.from([0, 255])]).equals(back.bytes)).toBe(
        true,
      );
      await files.writeFile(box, path, Buffer.from('short'), { keepMode: true });
      const listed = await files.listFiles(box, `${box.workdir}/a b`);
      expect(listed).toMatchObject([{ name: 'ü.bin', isDir: false, size: 5 }]);
      expect((await sh(`ls -l '${path}' | cut -c1-10`)).stdout).toBe('-rwxr-x---\n');
      expect((await files.readFile(box, path, { maxBytes: 4 })).kind).toBe('too-large');
      await files.mkdirs(box, `${box.workdir}/x/y`);
      expect(await files.listFiles(box, `${box.workdir}/x`)).toMatchObject([{ name: 'y', isDir: true }]);
      expect(await files.listFiles(box, `${box.workdir}/none`)).toBeUndefined();
    });
    it('clones, branches, shows status and diff, commits, and gives the commits back as a pack', async () => {
      const dir = `${box.workdir}/repo`;
      await materialise(box, dir, { repo: source, sha: source.sha, branch: 'ralph/one' });
      await git.checkoutNewBranch(box, dir, 'ralph/two');
      await files.writeFile(box, `${dir}/a.txt`, Buffer.from('changed\n'));
      expect(await git.status(box, dir)).toEqual({
        branch: 'ralph/two',
        head: source.sha,
        entries: [{ code: ' M', path: 'a.txt' }],
        truncated: false,
      });
      expect(await git.diff(box, dir, { from: source.sha, maxBytes: 10_000 })).toContain('+changed');
      const made = await git.commit(box, dir, { message: 'change a', paths: ['a.txt'] });
      if (!made.ok) throw new Error(made.reason);
      const packed: Uint8Array[] = [];
      for await (const part of git.packFrom(box, dir, { head: made.sha, base: source.sha, maxBytes: 1e6 }))
        packed.push(part);
      expect(await source.take(Buffer.concat(packed), made.sha)).toBe('change a');
    });
    it('writes the copy of .ralph and takes back what the agent changed', async () => {
      const dir = `${box.workdir}/repo`;
      const big = 'n'.repeat(600_000);
      await stateDir.project(
        box,
        dir,
        new Map([
          ['.ralph/errors.log', big],
          ['.ralph/iterations/2/prompt.md', 'p'],
          ['ralph_task.md', 't\n'],
        ]),
      );
      await stateDir.project(box, dir, new Map([['.ralph/notes.md', 'ü\n']]));
      const back = await stateDir.takeBack(box, dir, { iteration: 2 });
      expect([
        back.files.get('notes.md'),
        back.files.get('progress.md'),
        back.files.get('ralph_task.md'),
      ]).toEqual(['ü\n', undefined, 't\n']);
      expect([...back.digests.keys()]).toEqual([
        '.ralph/errors.log',
        '.ralph/notes.md',
        '.ralph/iterations/2/prompt.md',
      ]);
    });
  });
};
