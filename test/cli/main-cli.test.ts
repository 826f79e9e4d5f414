import { spawn, spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { watchOutput } from '../../src/cli/output.ts';

const program = fileURLToPath(new URL('main-cli.ts', import.meta.url));
const run = (...argv: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, stdout, stderr };
};

describe('the process', () => {
  it('prints and ends with 0, or with what the command says', () => {
    expect(run('launch')).toMatchObject({ status: 0, stderr: '' });
    expect(run('--version', '--json')).toMatchObject({ status: 0, stdout: '1.2.3\n' });
    expect(run('completion', '--runs').stdout).toBe('7f3a11\n04de33\n');
  });
  it.each([
    ['usage', 2],
    ['config', 2],
    ['spec.invalid', 2],
    ['run.locked', 75],
    ['cancelled', 130],
    ['disk', 1],
  ])('prints an error %s with its hint and ends with %d', (code, status) => {
    expect(run('fail', code)).toEqual({ status, stdout: '', stderr: 'ralph: it went wrong\nDo this.\n' });
  });
  it('prints an error as JSON on stdout too with --json', () => {
    const { status, stdout } = run('fail', 'disk', '--json');
    expect({ status, ...JSON.parse(stdout) }).toEqual({
      status: 1,
      error: { code: 'disk', message: 'it went wrong', hint: 'Do this.' },
    });
  });
  it('shows the stack of what nobody expected, without its escape sequences', () => {
    const { status, stderr } = run('fail', 'plain');
    expect(status).toBe(1);
    expect(stderr).toContain('ralph: broken red');
    expect(stderr).toContain('main-cli.ts');
    expect(stderr).not.toContain('\u001b');
  });
  it('says why a command is disabled', () => {
    expect(run('supervisor', 'status')).toMatchObject({
      status: 2,
      stderr: 'ralph: no supervisor is running\n',
    });
  });
  it('never destroys without a yes where nobody can answer', () => {
    expect(run('supervisor', 'stop')).toMatchObject({ status: 2, stdout: '' });
    expect(run('supervisor', 'stop', '--yes')).toMatchObject({ status: 0, stdout: 'stopped\n' });
  });
  it('lets a large value arrive whole in a pipe', () => {
    const { stdout } = run('big');
    expect(JSON.parse(stdout)).toHaveLength(8 * 1024 * 1024);
  });
  it('ends quietly when the reader goes away', async () => {
    const child = spawn(process.execPath, [program, 'endless']);
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(errors).toBe('');
  });
  it('finishes work whose reader goes away, and ends with the code of what came of it', async () => {
    const child = spawn(process.execPath, [program, 'worker']);
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await once(child, 'exit')).toEqual([3, null]);
  });
  it('takes a terminal whose window was closed as a reader that went, and a broken disk as what it is', () => {
    const said = (code: string, isTTY: boolean): readonly string[] => {
      const told: string[] = [];
      const stream = Object.assign(new EventEmitter(), { isTTY, write: () => true });
      watchOutput([stream], { gone: () => told.push('gone'), failed: (why) => told.push(why) });
      for (const one of [code, 'ERR_STREAM_DESTROYED'])
        stream.emit('error', Object.assign(new Error(`write ${one}`), { code: one }));
      return told;
    };
    expect([said('EIO', true), said('EPIPE', false), said('EIO', false)]).toEqual([
      ['gone'],
      ['gone'],
      ['EIO'],
    ]);
  });
  it('lets a command clean up on the first Ctrl-C', async () => {
    const child = spawn(process.execPath, [program, 'wait']);
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (text === '') child.kill('SIGINT');
      text += chunk.toString();
    });
    expect(await once(child, 'exit')).toEqual([130, null]);
    expect(text).toBe('waiting\ncleaned up\n');
  });
  it('is ended by Ctrl-C at once when the command does not ask for it', async () => {
    const child = spawn(process.execPath, [program, 'endless']);
    child.stdout.once('data', () => child.kill('SIGINT'));
    expect(await once(child, 'exit')).toEqual([null, 'SIGINT']);
  });
});
