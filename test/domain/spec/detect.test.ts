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
      'npm install',
    ],
    [{ 'package.json': pkg({}), 'Cargo.toml': '' }, 'cargo', 'cargo test', 'cargo fetch'],
    [{ 'requirements.txt': '' }, 'pytest', 'python3 -m pytest', 'python3 -m pip install -r requirements.txt'],
    [{ 'pyproject.toml': '', 'uv.lock': '' }, 'pytest', 'uv run pytest', 'uv sync'],
    [{ 'go.mod': '' }, 'go', 'go test ./...', 'go mod download'],
    [{ 'package.json': '{broken' }, 'npm', undefined, 'npm install'],
    [{ 'package.json': '[]' }, 'npm', undefined, 'npm install'],
    [{}, 'unknown', undefined, undefined],
  ])('reads %j as %s', (...[files, kind, testCommand, setup]) => {
    const project = detectProject(new Map(Object.entries(files)));
    expect(project.kind).toBe(kind);
    expect(project.testCommand).toBe(testCommand);
    expect(project.setupCommands[0]).toBe(setup);
  });
});

describe('starterTask', () => {
  const options = {
    taskId: 't-1',
    title: 'Fix "it": {{title}}\n---',
    repoUrl: '/srv/a "b"',
    baseBranch: 'main',
  };

  it.each([new Map<string, string>(), new Map([['package.json', pkg({ test: 'x', lint: 'y' })]])])(
    'does not start unedited, and only for what is to be filled in',
    (files) => {
      const { findings, task } = lintTask(
        starterTask(template, { ...options, repoUrl: '/srv/x', project: detectProject(files) }),
      );
      expect(task).toBeUndefined();
      expect(new Set(findings.map((finding) => finding.code.split('.')[1]))).toEqual(new Set(['todo']));
    },
  );

  it('passes the linter once it is filled in', () => {
    const project = detectProject(new Map([['package.json', pkg({ test: 'x' })]]));
    const text = starterTask(template, { ...options, repoUrl: '/srv/x', project }).replaceAll('TODO: ', '');
    expect(lintTask(text)).toMatchObject({
      findings: [],
      task: { taskId: 't-1', repoUrl: '/srv/x', testCommand: 'npm test' },
    });
  });

  it('refuses a starter text that asks for an unknown value', () => {
    const project = detectProject(new Map());
    expect(() => starterTask('{{nothing}}', { ...options, project })).toThrow(/unknown value/);
  });
});
