import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { detectProject, starterTask } from '../../../src/domain/spec/detect.ts';
import { lintTask } from '../../../src/domain/spec/lint.ts';

const pkg = (scripts: object, rest: object = {}): string => JSON.stringify({ scripts, ...rest });
const template = readFileSync(new URL('../../../prompts/starters/ralph_task.md', import.meta.url), 'utf8');

describe('detectProject', () => {
  it.each([
    [
      { 'package.json': pkg({ test: 'x', lint: 'y', typecheck: 'z' }), 'package-lock.json': '' },
      'npm',
      'npm test',
      'npm ci',
    ],
    [
      { 'package.json': pkg({ test: 'x' }), 'pnpm-lock.yaml': '' },
      'pnpm',
      'pnpm test',
      'pnpm install --frozen-lockfile',
    ],
    [
      { 'package.json': pkg({ test: 'x' }), 'yarn.lock': '' },
      'yarn',
      'yarn test',
      'yarn install --frozen-lockfile',
    ],
    [
      { 'package.json': pkg({ test: 'echo "Error: no test specified" && exit 1' }) },
      'npm',
      undefined,
      'npm install --no-package-lock',
    ],
    [{ 'package.json': pkg({}), 'Cargo.toml': '' }, 'cargo', 'cargo test', 'cargo fetch'],
    [
      { 'requirements.txt': '' },
      'pytest',
      '.venv/bin/python -m pytest',
      'python3 -m venv --system-site-packages .venv',
    ],
    [{ 'pyproject.toml': '', 'uv.lock': '' }, 'pytest', 'uv run pytest', 'uv sync'],
    [{ 'go.mod': '' }, 'go', 'go test ./...', 'go mod download'],
    [{ 'package.json': '{broken' }, 'npm', undefined, 'npm install --no-package-lock'],
    [{ 'package.json': '[]' }, 'npm', undefined, 'npm install --no-package-lock'],
    [{}, 'unknown', undefined, undefined],
  ])('reads %j as %s', (...[files, kind, testCommand, setup]) => {
    const project = detectProject(new Map(Object.entries(files)));
    expect(project.kind).toBe(kind);
    expect(project.testCommand).toBe(testCommand);
    expect(project.setupCommands[0]).toBe(setup);
  });
});

describe('a Python project', () => {
  it.each([
    [{ 'pytest.ini': '' }, 'pytest'],
    [
      { 'requirements.txt': '', 'requirements-dev.txt': '' },
      'pytest -r requirements.txt -r requirements-dev.txt',
    ],
    [{ 'setup.py': '' }, 'pytest -e .'],
    [{ 'pyproject.toml': '[project]\nname = "a"\n' }, 'pytest -e .'],
    [
      {
        'pyproject.toml':
          '[project]\n[project.optional-dependencies]\ndocs = ["x"]\ndev = [\n  "pytest",\n]\n[tool.test]\ntest = 1\n',
      },
      "pytest -e '.[dev]'",
    ],
  ])(
    'of %j is installed into an environment of the clone, never into the Python of the user',
    (...[files, packages]) => {
      const { setupCommands } = detectProject(new Map(Object.entries(files)));
      expect(setupCommands[1]).toBe(`.venv/bin/python -m pip install ${packages}`);
    },
  );
});

describe('starterTask', () => {
  const options = {
    taskId: 't-1',
    title: 'Fix "it": {{title}}\n---',
    origin: '/srv/a "b"',
    baseBranch: 'main',
  };

  it.each([new Map<string, string>(), new Map([['package.json', pkg({ test: 'x', lint: 'y' })]])])(
    'does not start unedited, and only for what is to be filled in',
    (files) => {
      const { findings, task } = lintTask(
        starterTask(template, { ...options, project: detectProject(files) }),
      );
      expect(task).toBeUndefined();
      expect(new Set(findings.map((finding) => finding.code.split('.')[1]))).toEqual(new Set(['todo']));
    },
  );

  it('passes the linter once it is filled in', () => {
    const project = detectProject(new Map([['package.json', pkg({ test: 'x' })]]));
    const text = starterTask(template, { ...options, project }).replaceAll('TODO: ', '');
    const { findings, task } = lintTask(text);
    expect(findings).toEqual([]);
    expect(task).toMatchObject({ taskId: 't-1', testCommand: 'npm test' });
    expect(task?.repoUrl).toBeUndefined();
  });

  it('shows where the repository came from, ready to be taken, without the token that stands in the address', () => {
    const project = detectProject(new Map([['package.json', pkg({ test: 'x' })]]));
    const origin = 'https://me:ghp_0123456789@github.com/acme/widget.git';
    const text = starterTask(template, { ...options, origin, project }).replaceAll('TODO: ', '');
    expect(text).not.toContain('ghp_');
    const { findings, task } = lintTask(text.replace('# repo_url: ', 'repo_url: '));
    expect([findings, task?.repoUrl]).toEqual([[], 'https://github.com/acme/widget.git']);
  });

  it('refuses a starter text that asks for an unknown value', () => {
    const project = detectProject(new Map());
    expect(() => starterTask('{{nothing}}', { ...options, project })).toThrow(/unknown value/);
  });
});
