import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSettings } from '../../../src/adapters/host/settings.ts';

let root: string;
let project: string;
const userFile = () => join(root, 'config/ralph/config.json');
const open = (env: Record<string, string> = {}, more = {}) =>
  openSettings({
    env: { HOME: root, XDG_CONFIG_HOME: join(root, 'config'), ...env },
    cwd: join(project, 'sub'),
    ...more,
  });
const writeUser = (text: string) => {
  mkdirSync(join(root, 'config/ralph'), { recursive: true });
  writeFileSync(userFile(), text);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ralph-settings-'));
  project = join(root, 'project');
  mkdirSync(join(project, 'sub'), { recursive: true });
  mkdirSync(join(project, '.git'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('settings', () => {
  it('have defaults, and say so', async () => {
    const settings = await open();
    expect(settings.get('concurrency')).toBe(4);
    expect(settings.get('default_profile')).toBe('default-cheap');
    expect(settings.get('backend')).toBeUndefined();
    expect(settings.get('state_dir')).toBe(join(root, '.local/state/ralph'));
    expect(settings.origin('concurrency')).toBe('default');
  });

  it('go flag over environment over project over user over default', async () => {
    writeUser(
      '{"concurrency": 5, "backend": "docker", "default_profile": "user", "fallback_profile": "mine"}',
    );
    writeFileSync(join(project, 'ralph.yaml'), 'concurrency: 6\nbackend: podman\ndefault_profile: project\n');
    const settings = await open(
      { RALPH_CONCURRENCY: '7', RALPH_BACKEND: 'lima' },
      { flags: { concurrency: 8 } },
    );
    const shown = settings.all().map(({ key, value, origin }) => [key, value, origin]);
    expect(shown).toEqual(
      expect.arrayContaining([
        ['concurrency', 8, 'flag'],
        ['backend', 'lima', 'environment'],
        ['default_profile', 'project', 'project'],
        ['fallback_profile', 'mine', 'user'],
        ['models_file', expect.stringContaining('models.yaml'), 'default'],
      ]),
    );
  });

  it('are written for the user by conf and read back, also by a later process', async () => {
    const settings = await open();
    await settings.set('concurrency', '12', 'user');
    await settings.set('fallback_profile', 'mine', 'user');
    expect([settings.get('concurrency'), settings.origin('fallback_profile')]).toEqual([12, 'user']);
    expect(JSON.parse(readFileSync(userFile(), 'utf8'))).toEqual({
      concurrency: 12,
      fallback_profile: 'mine',
    });
    expect((await open()).get('fallback_profile')).toBe('mine');
  });

  it('are written for the project without losing its comments', async () => {
    writeFileSync(join(project, 'ralph.yaml'), '# ours\nbackend: podman # fast\n');
    await (await open()).set('concurrency', 2, 'project');
    expect(readFileSync(join(project, 'ralph.yaml'), 'utf8')).toBe(
      '# ours\nbackend: podman # fast\nconcurrency: 2\n',
    );
    expect((await open()).origin('concurrency')).toBe('project');
  });

  it('never let a repository say where keys are sent or state is kept', async () => {
    writeFileSync(join(project, 'ralph.yaml'), 'models_file: evil.yaml\nstate_dir: /tmp/x\n');
    const settings = await open();
    expect(settings.get('models_file')).toBe(join(root, 'config/ralph/models.yaml'));
    expect(settings.warnings).toHaveLength(2);
    await expect(settings.set('state_dir', '/x', 'project')).rejects.toMatchObject({ code: 'usage' });
  });

  it('warn of unknown keys with the nearest known one, and refuse to set them', async () => {
    writeFileSync(join(project, 'ralph.yaml'), 'concurency: 3\n');
    const settings = await open();
    expect(settings.warnings.join()).toContain('Did you mean concurrency?');
    await expect(settings.set('bakend' as 'backend', 'local', 'user')).rejects.toMatchObject({
      code: 'usage',
      hint: 'Did you mean backend?',
    });
  });

  it.each([
    ['{"concurrency": "many"}', /config\.json: concurrency is "many", expected number/],
    ['{"backend": "vmware"}', /expected one of local, podman/],
    ['{"concurrency": 0}', /concurrency is 0/],
    ['{', /config\.json cannot be read/],
    ['[1]', /does not hold settings/],
  ])('name the file that holds a bad value: %s', async (text, message) => {
    writeUser(text);
    await expect(open()).rejects.toThrow(message);
  });

  it('name the variable that holds a bad value', async () => {
    await expect(open({ RALPH_BACKEND: 'perhaps' })).rejects.toThrow(
      /RALPH_BACKEND: backend is "perhaps", expected one of local, podman/,
    );
  });

  it.each(['a: *b\n', 'a: [1\n', '- 1\n'])(
    'refuse a project file that is no list of settings: %j',
    async (text) => {
      writeFileSync(join(project, 'ralph.yaml'), text);
      await expect(open()).rejects.toMatchObject({ code: 'config' });
    },
  );

  it('never hang on a FIFO in the place of a file', async () => {
    execFileSync('mkfifo', [join(project, 'ralph.yaml')]);
    await expect(open()).rejects.toThrow(/not a regular file/);
  });

  it('can be written only for the user outside of a repository', async () => {
    const settings = await openSettings({
      env: { HOME: root },
      cwd: root,
      userFile: join(root, 'mine.json'),
    });
    expect(settings.files).toEqual({ user: join(root, 'mine.json'), project: undefined });
    await expect(settings.set('concurrency', 2, 'project')).rejects.toMatchObject({ code: 'usage' });
    await settings.set('concurrency', 2, 'user');
    expect(JSON.parse(readFileSync(join(root, 'mine.json'), 'utf8'))).toEqual({ concurrency: 2 });
  });
});
