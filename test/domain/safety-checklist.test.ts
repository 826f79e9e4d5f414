import { describe, expect, it } from 'vitest';
import { safetyChecklist, type SafetyFacts } from '../../src/domain/safety-checklist.ts';

const facts: SafetyFacts = {
  backend: 'podman',
  isolated: true,
  hasGit: true,
  resources: { vcpu: 1, memoryGib: 1, pids: 256 },
  network: 'none',
  envFile: {},
  maxIterations: 10,
  isFirst: true,
};
const levels = (more: Partial<SafetyFacts>): readonly string[] =>
  safetyChecklist({ ...facts, ...more })
    .filter(({ level }) => level !== 'ok')
    .map(({ level, what }) => `${level} ${what}`);

describe('the safety checklist', () => {
  it('has nothing against a limited container without network', () => {
    expect(levels({})).toEqual([]);
    expect(safetyChecklist(facts).map(({ what }) => what)).toContain(
      'limits set: 1 CPU, 1 GiB memory, 256 processes',
    );
  });
  it('does not call limits set that this machine cannot hold', () => {
    const noLimits = { what: 'limits have no effect: cgroups v1', hint: 'boot otherwise' };
    expect(levels({ noLimits })).toEqual([
      'warn 1 CPU, 1 GiB memory, 256 processes asked for, but limits have no effect: cgroups v1',
    ]);
  });
  it('warns of what is not wise, and fails only where harm is done', () => {
    expect(levels({ network: 'full', maxIterations: 30 })).toEqual([
      'warn the full network: the agent reaches everything that this machine reaches',
      'warn max_iterations is 30 in the first run of this task',
    ]);
    expect(levels({ maxIterations: 30, isFirst: false })).toEqual([]);
    expect(levels({ isolated: false })[0]).toMatch(/^warn the podman backend has no isolation/);
    expect(levels({ envFile: { problem: { what: 'open to all', hint: 'chmod' } }, hasGit: false })).toEqual([
      'fail no repository: nothing to go back to',
      'fail open to all',
    ]);
  });
});
